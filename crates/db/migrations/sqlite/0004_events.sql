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
    created_at integer not null,
    opens_block integer check (opens_block = 1)
) strict;

-- A block is 128 positions. The first event of a client in a block opens it, and a list of the client
-- looks through the blocks that it opened: an index of every event would cost every upload one page
-- more, and several where there are many clients. The entries end with the position.
create index events_opening on events (client_id) where opens_block is not null;

insert into sqlite_stat1 (tbl, idx, stat) values ('events', 'events_opening', '10000 1000');

analyze sqlite_schema;
