"""The names that files declare, each once, and where."""

import re

from jobrunner.config.document import Document
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.spelling import quoted, shown

# Not "." and "..": names become names of files.
NAME_PATTERN = (
    r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}|\.[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}"
    r"|\.\.[A-Za-z0-9_.-]{1,62})"
)
NAME = re.compile(NAME_PATTERN)
HINT = "1 to 64 of A-Z a-z 0-9 _ . -"


class Names:
    """Jobs, pools and channels by section and name; what is declared twice is a finding."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.documents: dict[tuple[str, str], Document] = {}

    def declare(self, section: str, name: str, document: Document) -> bool:
        """Whether the name is declared here first, and so counts."""
        if not NAME.fullmatch(name):
            refusal = Refusal("E113", f"{quoted(name)} is not a name", HINT)
            self.findings.add(document, (section, name), refusal, at_key=True)
        other = self.documents.setdefault((section, name), document)
        if other is document:
            return True
        line, column, _ = other.place(other.span((section, name), key=True)[0])
        message = f"[{section}.{shown(name)}] is declared twice"
        hint = f"first declared at {shown(other.origin)}:{line}:{column}"
        self.findings.add(document, (section, name), Refusal("E140", message, hint), at_key=True)
        return False

    def of(self, section: str) -> set[str]:
        return {name for kind, name in self.documents if kind == section}
