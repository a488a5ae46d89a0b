//! load_bronze
