-- What happened, as it is announced to clients: written in the commit of the change itself, one
-- narrow row. The position follows the commits, since one writer makes both. The rows name no
-- parent: each lookup would be paid for by every upload.
create table events (
    position integer not null primary key,
    event_id blob not null check (length(event_id) = 16),
    client_id blob not null check (length(client_id) = 16),
    kind text not null,
    state text not null,
    file_id blob check (length(file_id) = 16),
    user_id blob check (length(user_id) = 16),
    created_at integer not null
) strict;

-- Its entries end with the position.
create index events_by_client on events (client_id);

insert into sqlite_stat1 (tbl, idx, stat) values ('events', 'events_by_client', '1000000 100000');

analyze sqlite_schema;
