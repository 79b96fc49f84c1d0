"""What users wrote in messages: nothing of it acts on a terminal, and no line break makes a line of its own."""

from __future__ import annotations

import json

import pytest

FORGED = ["a\nerror: forged", "a\x1b[2Kerror: forged", "a\u2028error: forged"]
QUESTIONS = [
    ["batch", "x", "rows.csv"],
    ["batch", "q", "rows.csv", "--rename", "q={}?"],
    ["batch", "q", "twice.csv", "--rename", "q={}"],
    ["batch", "x", "cells.csv"],
    ["batch", "q", "heading.csv", "--rename", "q={}"],
    ["batch", "q", "rows.ndjson"],
    ["batch", "q", "rows.ndjson", "--rename", "q={}"],
    ["batch", "--expr-field", "{}", "cells.csv"],
    ["batch", "--expr-field", "x", "cells.csv"],
    ["batch", "x", "{}"],
    ["batch", "x", "cells.csv", "-o", "{}/out.csv"],
    ["batch", "x", "cells.csv", "-o", "out.{}"],
    ["batch", "x", "cells.csv", "--rejects", "{}/out"],
    ["batch", "x", "cells.csv", "--name", "{}"],
    ["eval", "x", "--vars", "values.json"],
    ["eval", "x", "x=1", "--vars", "values.json", "-v"],
    ["eval", "x", "x={}"],
    ["eval", "x", "{}=1"],
    ["eval", "x", "--{}", "1"],
    ["eval", "{}"],
    ["eval", "x", "x=1", "--format", "{}"],
    ["eval", "x", "x=1", "--wrt", "{}"],
    ["eval", "x", "x=@{}"],
    ["eval", "-f", "{}"],
    ["eval", "x", "x=1", "-o", "{}/f"],
    ["eval", "x", "y", "{}"],
    ["{}"],
    ["functions", "{}"],
    ["completion", "{}"],
    ["plot", "x", "--x", "{}"],
    ["jvp", "x", "x=1", "--tangent", "{}"],
    ["diff", "x", "--order", "{}"],
    ["graph", "x", "x=1", "-o", "f.{}"],
]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("text", FORGED, ids=["newline", "escape", "separator"])
def test_what_a_user_wrote_makes_no_line(backprop, tmp_path, question, text):
    (tmp_path / "rows.csv").write_text(f'"{text}",b\n1,2\n')
    (tmp_path / "twice.csv").write_text(f'"{text}","{text}"\n1,2\n')
    (tmp_path / "cells.csv").write_text(f'x\n"{text}"\n')
    (tmp_path / "heading.csv").write_text(f'"{text}"\nb\n')
    (tmp_path / "rows.ndjson").write_text(json.dumps({text: 1}) + "\n" + json.dumps({text: text}) + "\n")
    (tmp_path / "values.json").write_text(json.dumps({text: 1}))
    done = backprop(*(word.replace("{}", text) for word in question))
    assert done.err != "" or done.status == 0
    assert not [line for line in done.err.splitlines() if line.startswith("error: forged")]
    assert done.err.replace("\n", "").isprintable()


def test_a_reason_makes_no_line_among_rejects(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text('"a\n2\tforged"\nb\n')
    backprop("batch", "q", "rows.csv", "--rename", "q=a\n2\tforged", "--rejects", "bad.tsv")
    assert (tmp_path / "bad.tsv").read_text() == "3\ta\\n2\\tforged is 'b', which is not a number\tb\n"
