"""The dialects, one table each."""

from __future__ import annotations

from backprop.parser.printers.language import words
from backprop.parser.printers.languages.sql.dialect import SqlDialect


def functions(text: str, **templates: str) -> dict[str, str]:
    """Templates by name: of each name alone the call of one operand, `log=ln` being that of another name."""
    named = [word.partition("=") for word in words(text)]
    return {gate: f"{name or gate}({{0}})" for gate, _, name in named} | templates


LARGER = "CASE WHEN {0} >= {1} THEN {0} WHEN {0} < {1} THEN {1} ELSE {0} + {1} END"  # nan and NULL stay what they are
SMALLER = "CASE WHEN {0} <= {1} THEN {0} WHEN {0} > {1} THEN {1} ELSE {0} + {1} END"
BASE = functions(
    "abs floor ceil exp log=ln sqrt sin cos tan asin acos atan",
    maximum=LARGER,
    minimum=SMALLER,
    atan2="atan2({0}, {1})",
    pow="power({0}, {1})",
)
# nan is the largest of all numbers here
NAN_LAST = {
    "maximum": "CASE WHEN {0} >= {1} THEN {0} WHEN {0} < {1} THEN {1} END",
    "minimum": "CASE WHEN {0} = <nan> THEN {0} WHEN {1} = <nan> OR {0} > {1} THEN {1} WHEN {0} <= {1} THEN {0} END",
}


def remainder(call: str) -> str:
    """Of a remainder with the sign of the dividend: that with the sign of the divisor."""
    is_other = f"{call} < 0 AND {{1}} > 0 OR {call} > 0 AND {{1}} < 0"
    return f"CASE WHEN {is_other} THEN {call} + {{1}} ELSE {call} END"


def logarithm(call: str, positive: str = "{0} > 0") -> str:
    """A logarithm that is an error, or NULL, at 0 and below."""
    return f"CASE WHEN {positive} THEN {call} WHEN {{0}} = 0 THEN <-inf> WHEN {{0}} < 0 THEN <nan> END"


def within(condition: str, call: str) -> str:
    """A function that is an error outside of its domain."""
    return f"CASE WHEN {condition} THEN <nan> ELSE {call} END"


IS_INFINITE = "abs({0}) = <inf>"
# below exp(-708.3) numbers lose their digits, and the next product is an error
CHECKED_EXP = "CASE WHEN {0} < -708.3 THEN <0> WHEN {0} > 709.782712893384 THEN {0} * <inf> ELSE exp({0}) END"
LOG_TWO, LOG_TEN = "0.6931471805599453", "2.302585092994046"
CHECKED = {  # where it is an error to leave a domain, or the range of doubles
    "sqrt": within("{0} < 0", "sqrt({0})"),
    "exp": CHECKED_EXP,
    "log": logarithm("ln({0})"),
    "log2": logarithm(f"ln({{0}}) / {LOG_TWO}"),
    "log10": logarithm("log10({0})"),
    "asin": within("{0} NOT BETWEEN -1 AND 1", "asin({0})"),
    "acos": within("{0} NOT BETWEEN -1 AND 1", "acos({0})"),
}

DUCKDB = SqlDialect(
    title="DuckDB",
    orders_nan=True,
    divides_by_zero=True,
    functions=BASE
    | NAN_LAST
    | functions(
        "log2 log10 cbrt trunc sinh cosh tanh asinh acosh atanh",
        rint="round_even({0}, 0)",
        mod=remainder("mod({0}, {1})"),
    ),
    whole="* EXCLUDE ({})",
)
POSTGRES = SqlDialect(
    title="PostgreSQL",
    number="{}::float8",
    bare="{}",
    double="{}::float8",
    infinity="'Infinity'::float8",
    nan="'NaN'::float8",
    orders_nan=True,
    is_checked=True,
    functions=BASE
    | NAN_LAST
    | CHECKED
    | functions(
        "cbrt trunc rint=round sinh cosh tanh asinh",
        acosh=within("{0} < 1", "acosh({0})"),
        atanh=within("{0} NOT BETWEEN -1 AND 1", "atanh({0})"),
        **{name: within(IS_INFINITE, f"{name}({{0}})") for name in ("sin", "cos", "tan")},
    ),
    ignores_case=False,
    barrier="OFFSET 0",
    carried="_row",
    whole="(_row).*",
)
SQLITE = SqlDialect(
    title="SQLite",
    number="{}",
    double="CAST({} AS REAL)",
    infinity="9e999",
    nan=None,  # it makes NULL of every nan
    functions=BASE
    | functions(
        "trunc sinh cosh tanh asinh acosh atanh",
        mod=remainder("mod({0}, {1})"),
        maximum="max({0}, {1})",
        minimum="min({0}, {1})",
        log="CASE WHEN {0} = 0 THEN <-inf> ELSE ln({0}) END",
        log2="CASE WHEN {0} = 0 THEN <-inf> ELSE log2({0}) END",
        log10="CASE WHEN {0} = 0 THEN <-inf> ELSE log10({0}) END",
    ),
    nests=False,
    barrier="LIMIT -1",
)
# Those that follow no test runs. By hand those of ClickHouse ran in chdb 26.9, and those of MySQL in MariaDB 10.11 with
# the columns of all layers shown: other than MySQL, it takes none from outside in a layer.
IN_LONG = "CASE WHEN abs({{0}}) < 4503599627370496 THEN CAST({}({{0}}) AS DOUBLE) ELSE {{0}} END"
SPARK = SqlDialect(
    title="Spark SQL",
    number="{}D",
    infinity="CAST('Infinity' AS DOUBLE)",
    nan="CAST('NaN' AS DOUBLE)",
    orders_nan=True,
    functions=BASE
    | NAN_LAST
    | functions(
        "cbrt expm1 sinh cosh tanh asinh acosh atanh rint",
        floor=IN_LONG.format("floor"),  # a whole number of 64 bits
        ceil=IN_LONG.format("ceil"),
        log=logarithm("ln({0})"),
        log2=logarithm("log2({0})"),
        log10=logarithm("log10({0})"),
        mod=remainder("{0} % {1}"),
        hypot="hypot({0}, {1})",
    ),
    quote="``",
    whole="* EXCEPT ({})",
    is_correlated=False,
)
BIGQUERY = SqlDialect(
    title="BigQuery",
    number="{}",
    double="CAST({} AS FLOAT64)",
    infinity="CAST('inf' AS FLOAT64)",
    nan="CAST('nan' AS FLOAT64)",
    is_checked=True,
    functions=BASE | CHECKED | functions("cbrt trunc tanh asinh"),
    quote="``",
    whole="* EXCEPT ({})",
)
SNOWFLAKE = SqlDialect(
    title="Snowflake",
    nan="CAST('NaN' AS DOUBLE)",
    orders_nan=True,
    is_checked=True,
    functions=BASE | NAN_LAST | CHECKED | functions("cbrt trunc tanh asinh", log10=logarithm(f"ln({{0}}) / {LOG_TEN}")),
    whole="* EXCLUDE ({})",
    is_correlated=False,
)
CLICKHOUSE = SqlDialect(
    title="ClickHouse",  # whose tanh has eight digits
    number="{}",
    double="toFloat64({})",
    infinity="inf",
    nan="nan",
    divides_by_zero=True,
    functions=BASE
    | functions(
        "log log2 log10 log1p exp2 cbrt trunc rint=roundBankers sinh cosh asinh acosh atanh erf erfc",
        hypot="hypot({0}, {1})",
    ),
    quote="``",
    ignores_case=False,
    whole="* EXCEPT ({})",
    is_correlated=False,
)
MYSQL = SqlDialect(
    title="MySQL",
    infinity=None,
    nan=None,
    is_checked=True,
    functions=BASE
    | CHECKED
    | functions(
        "log2 log10",
        floor=IN_LONG.format("floor"),  # in a layer of 17 digits
        ceil=IN_LONG.format("ceil"),
        mod=remainder("mod({0}, {1})"),
    ),
    quote="``",
    most_layers=60,
    barrier="LIMIT 18446744073709551615",
)
TSQL = SqlDialect(
    title="SQL Server",
    double="CAST({} AS FLOAT)",
    infinity=None,
    nan=None,
    is_checked=True,
    logarithm="log",
    functions=BASE
    | CHECKED
    | functions(
        "ceil=ceiling",
        log=logarithm("log({0})"),
        log2=logarithm(f"log({{0}}) / {LOG_TWO}"),
        atan2="atn2({0}, {1})",
        trunc="round({0}, 0, 1)",
    ),
    quote="[]",
    applies=True,
)
DIALECTS = {
    "duckdb": DUCKDB,
    "postgres": POSTGRES,
    "sqlite": SQLITE,
    "spark": SPARK,
    "bigquery": BIGQUERY,
    "snowflake": SNOWFLAKE,
    "clickhouse": CLICKHOUSE,
    "mysql": MYSQL,
    "tsql": TSQL,
}
