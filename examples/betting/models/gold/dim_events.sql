select event_id, sport, title
from {{ ref('stg_events') }}
