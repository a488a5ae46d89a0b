//! run_models
