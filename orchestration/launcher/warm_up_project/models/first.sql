{{ config(materialized="incremental", unique_key="id") }}
select * from {{ source("raw", "things") }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
