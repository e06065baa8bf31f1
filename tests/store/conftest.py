import pytest

from tests.support.shop import open_state


@pytest.fixture
def db(tmp_path):
    db = open_state(tmp_path)
    yield db
    db.close()
