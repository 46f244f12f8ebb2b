"""A stand-in for the driver of SQL Server, which is not tried on a live server: it notes calls."""

import json
import os
from pathlib import Path

apilevel, threadsafety, paramstyle, version = "2.0", 1, "qmark", "5.2.0"
SQL_DECIMAL = 3


class Error(Exception):
    """What SQLAlchemy looks for."""


class Warning(Exception):  # noqa: A001, N818 - the name that the interface asks for
    """The same."""


InterfaceError = DatabaseError = DataError = OperationalError = IntegrityError = Error
InternalError = ProgrammingError = NotSupportedError = Error


def Binary(value):  # noqa: N802 - the name that the interface asks for
    return value


class Cursor:
    arraysize, description, rowcount = 1, None, -1

    def execute(self, statement, *params):
        given = params[0] if len(params) == 1 and isinstance(params[0], (list, tuple)) else params
        with Path(os.environ["NOTES"]).open("a") as file:
            file.write(json.dumps([statement, [*map(str, given)]]) + "\n")
        is_question = statement.lstrip().upper().startswith("SELECT")
        self.description = [("x", str, None, None, None, None, None)] if is_question else None
        self._rows = [(_answer(statement),)] if is_question else []
        self.rowcount = 2
        return self

    def fetchone(self):
        return self._rows.pop(0) if self._rows else None

    def fetchall(self):
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, _=1):
        return self.fetchall()

    def close(self):
        pass

    def nextset(self):
        return False


def _answer(statement):
    return "16.0.1000.6" if "ProductVersion" in statement else "dbo"


class Connection:
    autocommit = False

    def cursor(self):
        return Cursor()

    def getinfo(self, _):
        return "16.00.1000"

    def add_output_converter(self, *_):
        pass

    def commit(self):
        Cursor().execute("COMMIT")

    def rollback(self):
        pass

    def close(self):
        pass


def connect(*_, **__):
    return Connection()
