"""Pictures of runs and times: values in, safe markup out; the sheet has their colours."""
