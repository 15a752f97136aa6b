-- The audit: who did what to which object. Entries stand in chains, each entry hashed with the one
-- before it, so that a change, a gap or a swap shows. An entry is in the chain of its object. The
-- hash before the first entry is the number of the chain.
create table audit_chains (
    chain integer not null primary key check (chain between 0 and 7),
    length integer not null check (length >= 0),
    hash blob not null check (length(hash) = 32)
) strict;

insert into audit_chains (chain, length, hash) values
    (0, 0, x'0000000000000000000000000000000000000000000000000000000000000000'),
    (1, 0, x'0000000000000000000000000000000000000000000000000000000000000001'),
    (2, 0, x'0000000000000000000000000000000000000000000000000000000000000002'),
    (3, 0, x'0000000000000000000000000000000000000000000000000000000000000003'),
    (4, 0, x'0000000000000000000000000000000000000000000000000000000000000004'),
    (5, 0, x'0000000000000000000000000000000000000000000000000000000000000005'),
    (6, 0, x'0000000000000000000000000000000000000000000000000000000000000006'),
    (7, 0, x'0000000000000000000000000000000000000000000000000000000000000007');

-- One behind the other in the order of the commits: a tree that grows at its end alone is written
-- with one page of a commit, and one in the order of chains and places with six or seven.
create table audit_entries (
    position integer not null primary key,
    chain integer not null references audit_chains (chain),
    place integer not null check (place > 0),
    hash blob not null check (length(hash) = 32),
    entry_id blob not null check (length(entry_id) = 16),
    at integer not null,
    client_id blob not null check (length(client_id) = 16),
    actor_kind text not null,
    actor_id blob check (length(actor_id) = 16),
    action text not null,
    object_kind text not null,
    object_id blob not null check (length(object_id) = 16),
    request_id text
) strict;

-- Each index is paid for by every upload.
create index audit_by_client on audit_entries (client_id, entry_id);
create index audit_by_object on audit_entries (object_id, entry_id);

-- Many entries of a client, few of an object.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('audit_entries', 'audit_by_client', '1000000 100000 1'),
    ('audit_entries', 'audit_by_object', '1000000 3 1');

analyze sqlite_schema;
