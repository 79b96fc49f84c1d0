"""What tests of batch share."""

import pytest


@pytest.fixture
def batch(backprop, tmp_path):
    """Write files, and run batch on what is given."""

    def run(files, *tokens, **more):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return backprop("batch", *tokens, **more)

    return run
