"""A clinic for each test."""

import pytest

from tests.engine.doctor.clinic import Clinic


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)
