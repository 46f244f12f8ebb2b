"""The same commands about another host: what its `serve` tells, in the shapes of this one."""
