select sensor_id, site, model, installed_on
from {{ ref('stg_sensors') }}
