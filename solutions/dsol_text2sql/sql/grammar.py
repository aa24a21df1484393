"""Which parts of SQL the guard lets through; what is not listed here is refused."""

from __future__ import annotations

from sqlglot import exp

CLAUSES: tuple[type[exp.Expression], ...] = (
    exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Join, exp.Where,
    exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch, exp.Distinct, exp.Window,
    exp.WindowSpec, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Rollup, exp.Cube,
    exp.GroupingSets, exp.LimitOptions,
)  # fmt: skip

TERMS: tuple[type[exp.Expression], ...] = (
    exp.Table, exp.TableAlias, exp.Column, exp.Identifier, exp.Star, exp.Alias, exp.Literal, exp.National, exp.Null,
    exp.Boolean, exp.Paren, exp.Tuple, exp.DataType, exp.DataTypeParam, exp.Interval, exp.IntervalSpan, exp.Var,
    exp.Escape, exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
)  # fmt: skip

OPERATORS: tuple[type[exp.Expression], ...] = (
    exp.And, exp.Or, exp.Xor, exp.Not, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.DPipe,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In,
    exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike, exp.Exists, exp.Any, exp.All,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift,
    exp.AtTimeZone, exp.Collate,
)  # fmt: skip

FUNCTIONS: tuple[type[exp.Expression], ...] = (
    # conditions and conversions
    exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.TryCast, exp.Greatest, exp.Least, exp.Typeof,
    # aggregates and windows
    exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.GroupConcat, exp.Stddev, exp.StddevPop,
    exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Median, exp.Mode, exp.PercentileCont, exp.PercentileDisc,
    exp.Corr, exp.CovarPop, exp.CovarSamp, exp.LogicalAnd, exp.LogicalOr, exp.AnyValue, exp.RowNumber, exp.Rank,
    exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
    exp.NthValue, exp.First, exp.Last, exp.Grouping,
    # numbers
    exp.Abs, exp.Round, exp.Ceil, exp.Floor, exp.Trunc, exp.Sign, exp.Sqrt, exp.Cbrt, exp.Pow, exp.Exp, exp.Ln, exp.Log,
    exp.Sin, exp.Cos, exp.Tan, exp.Asin, exp.Acos, exp.Atan, exp.Atan2, exp.Radians, exp.Degrees, exp.Pi, exp.Rand,
    exp.ToNumber, exp.Factorial, exp.WidthBucket,
    # text
    exp.Lower, exp.Upper, exp.Initcap, exp.Length, exp.ByteLength, exp.Trim, exp.Substring, exp.SubstringIndex,
    exp.Left, exp.Right, exp.Replace, exp.Concat, exp.ConcatWs, exp.StrPosition, exp.Reverse, exp.StartsWith,
    exp.EndsWith, exp.SplitPart, exp.Translate, exp.Ascii, exp.Unicode, exp.Chr, exp.Hex, exp.Soundex,
    exp.RegexpReplace, exp.RegexpExtract, exp.RegexpSubstr, exp.RegexpInstr, exp.RegexpCount, exp.ToChar,
    exp.NumberToStr, exp.Elt,
    # dates and times
    exp.Date, exp.Datetime, exp.Time, exp.Timestamp, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp,
    exp.CurrentDatetime, exp.Localtime, exp.Localtimestamp, exp.UtcDate, exp.UtcTime, exp.UtcTimestamp, exp.Extract,
    exp.Year, exp.Quarter, exp.Month, exp.Week, exp.WeekOfYear, exp.YearOfWeek, exp.Day, exp.DayOfMonth, exp.DayOfWeek,
    exp.DayOfWeekIso, exp.DayOfYear, exp.Dayname, exp.Monthname, exp.Hour, exp.Minute, exp.Second, exp.LastDay,
    exp.DateAdd, exp.DateSub, exp.DateDiff, exp.DateTrunc, exp.DateBin, exp.DatetimeAdd, exp.DatetimeSub,
    exp.DatetimeDiff, exp.DatetimeTrunc, exp.TimeAdd, exp.TimeSub, exp.TimeDiff, exp.TimestampAdd, exp.TimestampSub,
    exp.TimestampDiff, exp.TimestampTrunc, exp.TsOrDsAdd, exp.TsOrDsDiff, exp.TsOrDsToDate, exp.TsOrDsToDatetime,
    exp.TsOrDsToTime, exp.TsOrDsToTimestamp, exp.TsOrDsToDateStr, exp.DateStrToDate, exp.TimeStrToDate,
    exp.TimeStrToTime, exp.TimeToStr, exp.StrToDate, exp.StrToTime, exp.StrToUnix, exp.UnixToTime, exp.UnixToStr,
    exp.TimeToUnix, exp.DateFromParts, exp.TimeFromParts, exp.TimestampFromParts, exp.UnixSeconds, exp.ToDays,
    exp.MakeInterval, exp.AddMonths, exp.MonthsBetween,
    # JSON columns
    exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar,
)  # fmt: skip

NODES = frozenset({*CLAUSES, *TERMS, *OPERATORS, *FUNCTIONS})

# Functions that the parser has no class for, by name.
NAMES = {
    "sqlite": """
        char format iif ifnull instr json_array_length json_type json_valid julianday like glob likelihood likely ln
        log10 log2 mod power printf quote random round strftime string_agg substr time total typeof unicode unixepoch
        unlikely date datetime concat concat_ws
    """,
    "postgres": """
        age bit_length btrim cardinality char_length character_length clock_timestamp date_part div every
        isfinite justify_days justify_hours justify_interval log10 make_date make_time make_timestamp mod now
        num_nonnulls num_nulls octet_length power random regexp_match regr_slope regr_intercept regr_r2
        statement_timestamp to_char to_date to_number to_timestamp transaction_timestamp
    """,
    "mysql": """
        adddate addtime bit_count bit_length char_length character_length curdate curtime date_format datediff field
        find_in_set format from_days from_unixtime ifnull instr isnull locate log10 log2 makedate maketime microsecond
        mid mod now octet_length ord period_add period_diff rand sec_to_time std strcmp str_to_date subdate subtime
        sysdate time_format time_to_sec timestampdiff to_days to_seconds truncate unix_timestamp weekday yearweek
    """,
}
FUNCTION_NAMES = {dialect: frozenset(names.split()) for dialect, names in NAMES.items()}

# Types that a value may be cast to; names of catalog objects (regclass) and types of extensions are not among them.
CASTS = """
    BIGDECIMAL BIGINT BINARY BIT BOOLEAN CHAR DATE DATETIME DATETIME2 DECIMAL DOUBLE FLOAT INT INTERVAL JSON JSONB
    LONGTEXT MEDIUMINT MEDIUMTEXT MONEY NCHAR NVARCHAR SMALLINT TEXT TIME TIMESTAMP TIMESTAMPLTZ TIMESTAMPTZ TIMETZ
    TINYINT TINYTEXT UBIGINT UINT USMALLINT UTINYINT UUID VARBINARY VARCHAR YEAR BLOB NAME
"""
TYPES = frozenset(exp.DataType.Type[name] for name in CASTS.split())

# Schema names that mean "here" when written before a table.
HERE = {"sqlite": frozenset({"main"}), "postgres": frozenset({"public"}), "mysql": frozenset[str]()}

# Words that mean something else without quotes, in any dialect; servers have more, see `reading`.
WORDS = """
    ADD ALL ALTER ANALYZE AND ANY AS ASC AUTOINCREMENT BETWEEN BOTH BY CASE CAST CHECK COLLATE COLUMN COMMIT CONSTRAINT
    CREATE CROSS CUBE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DEFAULT DEFERRABLE DELETE DESC
    DESCRIBE DISTINCT DIV DO DROP ELSE END ESCAPE EXCEPT EXISTS EXPLAIN FALSE FETCH FOR FOREIGN FROM FULL FUNCTION GLOB
    GRANT GROUP GROUPING GROUPS HAVING IF IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS ISNULL JOIN KEY KEYS LATERAL
    LEADING LEFT LIKE LIMIT LOCK MATCH MOD NATURAL NOT NOTHING NOTNULL NULL OF OFFSET ON OR ORDER OUT OUTER OVER
    PARTITION PRIMARY RAISE RANGE RANK READ RECURSIVE REFERENCES REGEXP REPLACE RETURNING RIGHT ROW ROWS ROW_NUMBER
    SELECT SET SHOW SOME SYSTEM TABLE THEN TO TRAILING TRANSACTION TRIGGER TRUE UNION UNIQUE UPDATE USAGE USE USER USING
    VALUES WHEN WHERE WINDOW WITH WRITE XOR
"""
RESERVED = frozenset(WORDS.split())
