-- What a client may ask tokens with. A client has several while it rotates them; one that has
-- ended lets nobody in, and with revoked_at also the tokens that were asked for with it are dead.
-- Rows stay as a record.
create table client_secrets (
    secret_id blob not null primary key check (length(secret_id) = 16),
    client_id blob not null references clients (client_id),
    secret_hash blob not null unique check (length(secret_hash) = 32),
    hint text not null,
    scopes text not null,
    created_at integer not null,
    ends_at integer,
    revoked_at integer,
    check (revoked_at is null or ends_at <= revoked_at)
) strict, without rowid;

create index client_secrets_by_client on client_secrets (client_id, secret_id);

-- A family of tokens: all that follow from one request by refreshing. It ends with the last
-- refresh token.
create table grants (
    grant_id blob not null primary key check (length(grant_id) = 16),
    client_id blob not null references clients (client_id),
    scopes text not null,
    created_at integer not null,
    ends_at integer not null,
    revoked_at integer
) strict, without rowid;

create index grants_by_end on grants (ends_at);

-- An access token and the refresh token that came with it. A refresh token that was used keeps
-- its row until it would have expired, so that its second use is noticed. The secret is no foreign
-- key, which would need an index of its own: secrets are never deleted, and a token without one
-- permits nothing.
create table token_pairs (
    pair_id blob not null primary key check (length(pair_id) = 16),
    grant_id blob not null references grants (grant_id),
    secret_id blob not null check (length(secret_id) = 16),
    access_hash blob not null unique check (length(access_hash) = 32),
    access_scopes text not null,
    access_ends_at integer not null,
    access_revoked_at integer,
    refresh_hash blob not null unique check (length(refresh_hash) = 32),
    refresh_ends_at integer not null,
    refreshed_at integer
) strict, without rowid;

create index token_pairs_by_grant on token_pairs (grant_id);
create index token_pairs_by_end on token_pairs (refresh_ends_at);
