//! YAML as dbt reads it (PyYAML's safe loader, YAML 1.1), with the line of every value.
