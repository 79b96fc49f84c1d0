"""Tables as instruments, agencies and programs write them, each read by one command; and options that say how.

The files in layouts/ are written anew, with a few rows, as these write theirs: the wine quality, iris, auto-mpg,
household power and air quality sets of the UCI repository, NASA GISTEMP, NOAA NDBC, USGS RDB, World Bank, Campbell
TOA5, InfluxDB's annotated CSV, Eurostat's TSV, a Tektronix oscilloscope, COMSOL, LTspice, NASA's Exoplanet Archive.
"""

from __future__ import annotations

import json
import pathlib

import pytest

from ...closeness import close_to

LAYOUTS = pathlib.Path(__file__).parent / "layouts"

# The expression, the options, what is said of how the table is written, and the values; None: it has none.
TABLES: dict[str, tuple[str, list[str], str, list[float | None]]] = {
    "wine_quality.csv": ("a*pH", ["--rename", "a=fixed acidity"], "separated by ';'", [25.974, 24.96, 35.392]),
    "nasa_gistemp.csv": ("100*Jan*d", ["--rename", "d=J-D", "--null", "***"], "line 2", [3.06, None, -1.76]),
    "noaa_ndbc.txt": ("WDIR*WSPD", ["--null", "MM"], "blanks", [600, None, 520]),
    "usgs_rdb.txt": ("flow/1000", [], "a row of units", [12.5, 11.8]),
    "world_bank.csv": (
        "(b-a)/a",
        ["--rename", "a=2021", "--rename", "b=2022"],
        "line 5",
        [-92 / 106537, 543575 / 17179740],
    ),
    "campbell_toa5.dat": ("AirTC*RH", [], "2 rows below it", [1000, None, 1107]),
    "influxdb_annotated.csv": ("_value^2", [], "'#'", [2.25, 6.25]),
    "eurostat.tsv": (
        "a+b",
        ["--null", ":", "--flags", "--rename", "a=2020", "--rename", "b=2021"],
        "",
        [11.7, None, 11.4],
    ),
    "tektronix.csv": ("CH1*CH2", [], "line 7", [0.65, 0.72]),
    "comsol.txt": ("X*T", [], "'%'", [0, 150.75, 310]),
    "ltspice.txt": ("V*I", [], "tabs", [0.0015, 0.005]),
    "iris.data": ("c1*c2", [], "no header", [17.85, 22.4, 20.79]),
    "auto_mpg.data": ("c1*c4", ["--null", "?"], "no header", [2340, None, 2376]),
    "household_power.txt": (
        "1000*p/Voltage",
        ["--rename", "p=Global_active_power", "--null", "?"],
        "';'",
        [4216 / 234.84, None, 5360 / 233.63],
    ),
    "air_quality.csv": ("CO*T", ["--null", "-200,"], "decimal comma", [35.36, None, 26.18, None]),
    "nasa_exoplanet.csv": (
        "m/pl_rade^3",
        ["--rename", "m=pl_bmasse", "--null", ""],
        "'#'",
        [None, 9.1 / 2.1**3, 0.692 / 0.92**3],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_by_one_command(backprop, name):
    expression, options, said, expected = TABLES[name]
    assert sum(option.startswith("--") and option != "--rename" for option in options) <= 3
    answer = backprop("batch", expression, str(LAYOUTS / name), *options, "--format", "ndjson", "--only")
    assert answer.status == 0
    assert said in answer.err
    values = [json.loads(line)["value"] for line in answer.out.splitlines()]
    assert [value is None for value in values] == [truth is None for truth in expected]
    for value, truth in zip(values, expected, strict=True):
        assert value is None or float(value) == close_to(truth, rel=1e-14)


@pytest.mark.parametrize("name", TABLES)
def test_its_lines_come_out_as_they_went_in(backprop, name):
    expression, options, _, expected = TABLES[name]
    answer = backprop("batch", expression, str(LAYOUTS / name), *options)
    lines = (LAYOUTS / name).read_text("utf-8-sig").splitlines()
    written = answer.out.splitlines()
    assert answer.status == 0
    rows = [line for line in lines if line][-len(expected) :]
    for row, line in zip(rows, written[-len(expected) :], strict=True):
        assert line.startswith(row)


OPTIONS = [
    ("x*y", "a|b\n1,5|2\n", ["--separator", "|", "--decimal", ",", "--columns", "x,y", "--header", "1"], [3]),
    ("x*y", "1;2\n3;4\n", ["--separator", ";", "--header", "none", "--columns", "x,y"], [2, 12]),
    ("x*y", "1;2\n3;4\n", ["--columns", "x,y"], [2, 12]),
    ("c1+c2", "1,2\n3,4\n", ["--header", "none"], [3, 7]),
    ("x", "junk\n\nx\n1\n", ["--skip", "2"], [1]),
    ("x", "junk\n\nx\n1\n", ["--header", "3"], [1]),
    ("x", "x\n[m]\n[si]\n1\n", ["--units", "--units"], [1]),
    ("x+y", "x y\n1   2\n 3\t4\n", ["--separator", "blanks"], [3, 7]),
    ("x+y", "x;y\n1.234.567,5;2\n-1,5;-1\n", ["--decimal", ",", "--thousands", "."], [1234569.5, -2.5]),
    ("x", "x;s\n1 234,5;a\n1\u202f234,5;b\n", ["--decimal", ",", "--thousands", " "], [1234.5, 1234.5]),
    ("x+y", "x,y\n'1',2\n", ["--quote", "'"], [3]),
    ("x", 'x,s\n1,a"b\n', ["--quote", "none"], [1]),
    ("x", "x\n! no\n1\n", ["--comment", "!"], [1]),
    ("x", "x,s\n1,a\n-999.250,b\n", ["--null", "NA,-999.25"], [1, None]),
    ("x", "sep=;\nx;s\n1;a\n", [], [1]),
    ("L*T", "L (m),T [K]\n2,3\n", [], [6]),
    ("x_2-x_1+c3", "x,x,\n1,2,10\n", [], [11]),
    ("x*y", "x,y\r1,2\r3,4\r", [], [2, 12]),
    ("x", "# a\n# x y\n1 2\n", [], [1]),
    ("x*y", "x;y\n1;2", [], [2]),
    ("x*y", "x;y\n" + "1;2\n" * 30000, [], [2] * 30000),
]


@pytest.mark.parametrize("expression, text, options, expected", OPTIONS)
def test_options_and_what_is_found(backprop, expression, text, options, expected):
    answer = backprop("batch", expression, *options, "--format", "ndjson", "--only", stdin=text)
    assert (answer.status, [json.loads(line)["value"] for line in answer.out.splitlines()]) == (0, expected)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp1252", "shift_jis"])
def test_encodings(backprop, encoding):
    name = "\u6e29" if encoding == "shift_jis" else "\u00b5"
    data = f"x,{name}\n2,3\n".encode(encoding)
    options = [] if encoding == "utf-16" else ["--encoding", encoding]
    answer = backprop("batch", "x^2", *options, stdin=data)
    assert (answer.status, answer.out) == (0, f"x,{name},value,grad_x\n2,3,4,4\n")


REFUSED = [
    (
        "x*y",
        "x;y\n1,234;2\n",
        [],
        "may have a decimal comma, or a comma between thousands",
        "--decimal , or --thousands ,",
    ),
    ("x*y", "x,y\n1,2\n", ["--separator", "ab"], "--separator 'ab'", "give one character"),
    (
        "x*y",
        "x,y\n1,2\n",
        ["--decimal", ",", "--separator", ","],
        "--decimal and the separator are both ','",
        "--separator ';'",
    ),
    ("x*y", "x,y\n1,2\n", ["--decimal", ",", "--thousands", ","], "--decimal and --thousands are both ,", "of its own"),
    ("x*y", "x,y\n1,2\n", ["--decimal", "5"], "--decimal 5", "a mark that no number has"),
    ("x*y", "x,y\n1,2\n", ["--skip", "-1"], "--skip -1", "the number of lines"),
    ("x*y", "x,y\n1,2\n", ["--header", "x"], "--header x", "the number of a line"),
    ("x*y", "x,y\n1,2\n", ["--header", "2", "--skip", "1"], "contradict each other", "omit --skip"),
    ("x*y", "1,2\n", ["--columns", "x,x"], "--columns x,x", "a name of its own"),
    ("x*y", "1,2,3\n", ["--columns", "x,y"], "2 columns are named, the first row has 3", "name every column"),
    ("x*y", "1,2\n", ["--header", "none", "--units"], "--units goes with a header", "--skip 1"),
    ("x*y", "x,y\n1,2\n", ["--encoding", "utf-99"], "--encoding utf-99", "latin-1"),
    ("x*y", "x,y\n1,2\n", ["--comment", ""], "--comment needs a text", "--comment '#'"),
    ("x*y", '{"x":1}\n', ["--from", "ndjson", "--separator", ";"], "--separator goes with tables of text", "omit it"),
    ("x*z", "x;y\n1;2\n", [], "no column", "the columns are"),
    ("x", "x,x\n1,2\n", [], "the column x occurs 2 times", "--rename x=x_1"),
    ("x", "", ["--skip", "3"], "it is empty", ""),
]


@pytest.mark.parametrize("expression, text, options, reason, cure", REFUSED)
def test_what_is_wrong_is_said(backprop, expression, text, options, reason, cure):
    answer = backprop("batch", expression, *options, stdin=text)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err.splitlines()[0]
    assert cure in answer.err


def test_text_that_is_not_in_the_encoding_ends_the_run_after_the_rows_before(backprop):
    answer = backprop("batch", "x", "--encoding", "ascii", stdin=b"x\n1\n" + b"2\n" * 40000 + b"\xff\n")
    assert answer.status == 3
    assert "it is not ascii text" in answer.err
    assert answer.out.startswith("x,value,grad_x\n1,1,1\n")


def test_a_number_of_another_dialect_is_none(backprop):
    answer = backprop("batch", "x", "--decimal", ",", "--separator", ";", stdin="x;s\n1.5;a\n2,5;b\n")
    assert answer.status == 3
    assert answer.out == "x;s;value;grad_x\n1.5;a;;\n2,5;b;2,5;1\n"
    assert "line 2: x is '1.5', which is not a number with ',' for the decimal mark" in answer.err


def test_rows_without_a_value_are_counted_and_left_out_on_demand(backprop):
    answer = backprop("batch", "x", "--null", "NA", "--on-error", "skip", stdin="x,s\nNA,a\n1,b\nNA,c\n")
    assert (answer.status, answer.out) == (0, "x,s,value,grad_x\n1,b,1,1\n")
    assert answer.err == "note: 2 rows have no value (--null), and no results\n"
    stopped = backprop("batch", "x", "--null", "NA", "--on-error", "stop", stdin="x,s\nNA,a\nwide,b\n1,c\n")
    assert (stopped.status, stopped.out) == (3, "x,s,value,grad_x\nNA,a,,\n")


@pytest.mark.parametrize(
    "policy, rows", [("null,ok", "x,s,value,grad_x\n1,b,1,1\nwide,a,,\n"), ("skip,ok", "x,s,value,grad_x\n1,b,1,1\n")]
)
def test_bad_rows_that_are_expected_are_named_and_are_no_error(backprop, policy, rows):
    answer = backprop("batch", "x", "--on-error", policy, stdin="x,s\n1,b\nwide,a\n")
    assert (answer.status, answer.out) == (0, rows)
    assert answer.err == "line 3: x is 'wide', which is not a number\n"


def test_several_columns_in_one_rename(backprop):
    answer = backprop("batch", "a*b", "--rename", "a=A,b=B, C", "--only", stdin='A,"B, C"\n2,3\n')
    assert (answer.status, answer.out) == (0, "value,grad_a,grad_b\n6,3,2\n")
