//! The words of the semantic layer. dbt takes them in any case, and writes them in small letters.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub(crate) const NAMES: &[&str] = &[$($text),+];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            /// The word with this name, in any case.
            pub(crate) fn of(name: &str) -> Option<Self> {
                match name.to_lowercase().as_str() { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::of(&text).ok_or_else(|| {
                    D::Error::custom(format!("'{text}' is not one of {}", Self::NAMES.join(", ")))
                })
            }
        }
    };
}

words!(Aggregation {
    Sum = "sum",
    Min = "min",
    Max = "max",
    CountDistinct = "count_distinct",
    SumBoolean = "sum_boolean",
    Average = "average",
    Percentile = "percentile",
    Median = "median",
    Count = "count",
});
words!(EntityType { Foreign = "foreign", Natural = "natural", Primary = "primary", Unique = "unique" });
words!(DimensionType { Categorical = "categorical", Time = "time" });
words!(
    /// How long the periods of a time dimension are, from the shortest to the longest.
    Granularity {
        Nanosecond = "nanosecond",
        Microsecond = "microsecond",
        Millisecond = "millisecond",
        Second = "second",
        Minute = "minute",
        Hour = "hour",
        Day = "day",
        Week = "week",
        Month = "month",
        Quarter = "quarter",
        Year = "year",
    }
);
words!(MetricType {
    Simple = "simple",
    Ratio = "ratio",
    Cumulative = "cumulative",
    Derived = "derived",
    Conversion = "conversion",
});
words!(
    /// Which value of a cumulative metric stands for a longer period.
    PeriodAggregation { First = "first", Last = "last", Average = "average" }
);
words!(ConversionCalculation { Conversions = "conversions", ConversionRate = "conversion_rate" });
words!(ExportAs { Table = "table", View = "view" });
