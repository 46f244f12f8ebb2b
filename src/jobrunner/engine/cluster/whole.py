"""Sends all that an attempt wrote, once it has ended: for who runs it without a supervisor."""

from datetime import datetime

from jobrunner.engine.cluster.shipment import Shipment, source_of
from jobrunner.engine.cluster.veil import Room
from jobrunner.engine.review import UNBLOTTED
from jobrunner.engine.state import State
from jobrunner.model.run import Measured, Run
from jobrunner.store.fleet import Outputs

BATCH = 1024 * 1024  # bytes of one statement


def send_whole(ledger: Outputs, state: State, run: Run, told: Measured, now: datetime) -> None:
    """Send the output of a run's last attempt, unless there may be secrets in it still."""
    size, cut = told.output_size or 0, told.output_cut or 0
    if not size or UNBLOTTED in told.error:
        return
    shipment = Shipment(source_of(state, run.id, run.attempts), Room())
    shipment.end(size, cut)
    while not shipment.is_done:
        shipment.gather(BATCH)
        for first, last in shipment.drops:
            ledger.drop_pieces(run.id, run.attempts, first, last)
        ledger.keep_pieces(shipment.pieces, now)
        shipment.arrived()
