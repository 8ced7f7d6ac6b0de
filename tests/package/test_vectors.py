import pytest

from tools.vectors import FOLDER, documents, text


@pytest.mark.parametrize("name", documents())
def test_vectors_are_what_the_package_computes(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == text(documents()[name])
