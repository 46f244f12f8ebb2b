"""What examples/kinds.toml calls: a function, and a class with execute()."""


def build(first: str, last: str) -> dict[str, object]:
    """Build the report of some days."""
    print(f"building {first} to {last}")
    return {"success": True, "message": f"{first} to {last}", "data": {"rows": 42}}


class Cleanup:
    """Removes what is old."""

    async def execute(self, days: int) -> dict[str, object]:
        """Say what was removed."""
        return {"success": True, "message": f"nothing is older than {days} days"}
