-- Nobody waits crosswise: functions of 001 as they were, but for the locks that they wait for.
--
-- Who waits while holding a lock waits only for what comes later in this order: turns, operation, lease, job, the
-- owner's turn, line, share, process. A claim goes against it, as it must take the job before it knows the rest: while
-- it holds jobs (Procrastinate's fetch also keeps some locked that another was quicker to take) it waits for the lease
-- of its page and for the row of an operation that has not begun. So:
--   * whoever holds a lease or an operation other than that of one job skips jobs and leases that are locked, and
--     leaves them to whoever has them: what is left of an operation that ended goes with its next claim or completion;
--   * whoever takes several shares takes them in the order of the owners, and nothing but the process after them;
--   * an operation is ended in a transaction of its own.

CREATE OR REPLACE FUNCTION accept(
    _records jsonb, _options bytea[], _inputs bytea[], _process bigint, _moment double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    _now double precision;
    _turn bigint;
    _first bigint;
    _sequence bigint;
    _record jsonb;
    _owner text;
    _pages integer[];
    _jobs bigint[];
    _count bigint;
BEGIN
    PERFORM turns_stand();
    PERFORM lock_lines(ARRAY(SELECT r ->> 'owner' FROM jsonb_array_elements(_records) r));
    _now := moment_or_now(_moment);
    SELECT coalesce(max(p.served), 0) INTO _turn FROM process p;
    FOR _index IN 1 .. jsonb_array_length(_records) LOOP
        _record := _records -> (_index - 1);
        _owner := _record ->> 'owner';
        _pages := ARRAY(
            SELECT e.page::integer FROM jsonb_array_elements_text(_record -> 'pages') WITH ORDINALITY AS e (page, n)
            ORDER BY e.n
        );
        _count := cardinality(_pages);
        _first := line_up(_owner, _count::integer, _turn);
        _sequence := nextval('operation_sequence');
        _jobs := procrastinate_defer_jobs_v1(ARRAY(
            SELECT ROW(
                'readstone', 'readstone.read_page', -(_first + n), NULL, NULL,
                jsonb_build_object('operation', _sequence, 'position', n), NULL
            )::procrastinate_job_to_defer_v1
            FROM generate_series(0, _count - 1) n
        ));
        INSERT INTO operation (
            sequence, id, surface, kind, options, owner, trace, pages, jobs, unread, state, created, updated, blob,
            input_bytes
        ) VALUES (
            _sequence, (_record ->> 'id')::uuid, _record ->> 'surface', _record ->> 'kind', _options[_index], _owner,
            coalesce(_record ->> 'trace', ''), _pages, _jobs, _count, 'not started', _now, _now, _record ->> 'blob',
            (_record ->> 'bytes')::bigint
        );
        IF _inputs[_index] IS NOT NULL THEN
            INSERT INTO input VALUES ((_record ->> 'id')::uuid, 0, _inputs[_index]);
        END IF;
    END LOOP;
    FOR _owner, _count IN
        SELECT r ->> 'owner', sum(jsonb_array_length(r -> 'pages')) FROM jsonb_array_elements(_records) r
        GROUP BY 1 ORDER BY (r ->> 'owner') COLLATE "C"
    LOOP
        PERFORM count_waiting(_owner, _process, _count);
    END LOOP;
    PERFORM count_operations(_process, jsonb_array_length(_records), 0, 0);
    RETURN _now;
END $$;

CREATE OR REPLACE FUNCTION release(_allowed integer, _moment double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _lease record;
    _count integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1381258324, 1) THEN
        RETURN 0;
    END IF;
    FOR _lease IN
        SELECT l.*, o.owner FROM lease l JOIN operation o ON o.sequence = l.sequence
        WHERE NOT l.released AND lapsed(l.held_until, _now) AND l.attempts < _allowed
        ORDER BY l.sequence, l.position LIMIT 500 FOR UPDATE OF l SKIP LOCKED
    LOOP
        IF _lease.holder IS NULL THEN
            -- Only when the clock was set: else the pause has ended by itself.
            UPDATE procrastinate_jobs j SET scheduled_at = NULL WHERE j.id = (
                SELECT w.id FROM procrastinate_jobs w
                WHERE w.id = _lease.job AND w.status = 'todo' AND w.scheduled_at > now() FOR UPDATE SKIP LOCKED
            );
        ELSIF job_is_free(_lease.job) THEN
            PERFORM procrastinate_retry_job_v2(_lease.job, now(), NULL, 'readstone_alone', NULL);
            PERFORM count_waiting(_lease.owner, 0, 1);
        ELSIF EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = _lease.job AND j.status = 'doing') THEN
            CONTINUE;  -- another has it for a moment
        ELSE
            DELETE FROM lease l WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
        END IF;
        UPDATE lease l SET released = true WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
        _count := _count + 1;
    END LOOP;
    RETURN _count;
END $$;

-- As job_is_held, and nobody else has it locked just now.
CREATE FUNCTION job_is_free(_job bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM procrastinate_jobs j WHERE j.id = _job AND j.status = 'doing' FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION offer(
    _process bigint, _id uuid, _position integer, _fence bigint, _pause double precision, _moment double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _lease lease := mine(_id, _position, _fence);
    _at timestamptz := now() + make_interval(secs => coalesce(_pause, 0));
    _owner text;
    _ended double precision;
BEGIN
    IF _lease.job IS NULL THEN
        RETURN false;
    END IF;
    SELECT o.owner, o.ended INTO _owner, _ended FROM operation o WHERE o.sequence = _lease.sequence;
    IF _ended IS NOT NULL THEN
        PERFORM drop_page(_lease);
        RETURN false;
    END IF;
    IF _lease.released THEN
        UPDATE procrastinate_jobs j SET queue_name = 'readstone', scheduled_at = _at WHERE j.id = _lease.job;
    ELSE
        PERFORM procrastinate_retry_job_v2(_lease.job, _at, NULL, 'readstone', NULL);
    END IF;
    UPDATE lease l SET
        holder = NULL, alone = false, released = _pause IS NULL,
        held_until = moment_or_now(_moment) + coalesce(_pause, 0),
        attempts = l.attempts - CASE WHEN _pause IS NULL THEN 1 ELSE 0 END
    WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
    IF NOT _lease.released THEN
        PERFORM count_waiting(_owner, _process, 1);
    END IF;
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION disown(_process bigint, _ids uuid[], _positions integer[], _moment double precision)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _page record;
    _count integer := 0;
BEGIN
    FOR _page IN
        SELECT o.id, l.position, l.fence, l.job FROM lease l JOIN operation o ON o.sequence = l.sequence
        WHERE l.holder = _process AND NOT l.released AND NOT EXISTS (
            SELECT FROM unnest(_ids, _positions) AS known (id, position)
            WHERE known.id = o.id AND known.position = l.position
        )
        ORDER BY o.owner COLLATE "C" FOR UPDATE OF l SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT job_is_free(_page.job);  -- the next sweep finds it
        PERFORM offer(_process, _page.id, _page.position, _page.fence, NULL, _moment);
        _count := _count + 1;
    END LOOP;
    RETURN _count;
END $$;

-- Ends an operation whose row is locked. A page that another has in hand just now - it is claimed, given back, renewed -
-- keeps its job and lease: the operation has ended, so whoever touches the page next drops it.
CREATE OR REPLACE FUNCTION finish(_sequence bigint, _state text, _process bigint, _now double precision)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    _record operation;
    _job record;
    _mine integer[];
    _others bigint[];
    _waiting integer := 0;
    _begun bigint;
BEGIN
    SELECT o.* INTO _record FROM operation o WHERE o.sequence = _sequence;
    DELETE FROM input i WHERE i.operation = _record.id;
    IF _state = 'failed' THEN
        _mine := ARRAY(SELECT l.position FROM lease l WHERE l.sequence = _sequence FOR UPDATE SKIP LOCKED);
        _others := ARRAY(SELECT l.job FROM lease l WHERE l.sequence = _sequence AND l.position <> ALL (_mine));
        _begun := cardinality(_mine) + cardinality(_others);
        DELETE FROM result r WHERE r.sequence = _sequence;
        FOR _job IN
            SELECT j.id, j.status FROM procrastinate_jobs j
            WHERE j.id = ANY (_record.jobs) AND j.id <> ALL (_others) FOR UPDATE SKIP LOCKED
        LOOP
            PERFORM procrastinate_finish_job_v1(_job.id, 'failed', true);
            _waiting := _waiting + CASE WHEN _job.status = 'todo' THEN 1 ELSE 0 END;
        END LOOP;
        -- Also of claims that came between. Who holds one that is locked finds its job gone.
        DELETE FROM lease l WHERE l.sequence = _sequence AND l.position IN (
            SELECT s.position FROM lease s WHERE s.sequence = _sequence
                AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = s.job) FOR UPDATE SKIP LOCKED
        );
        IF _record.unread > _begun THEN
            PERFORM close_up(_record.owner, _sequence, _record.unread - _begun);
        END IF;
        IF _waiting > 0 THEN
            PERFORM count_waiting(_record.owner, _process, -_waiting);
        END IF;
    END IF;
    UPDATE operation o SET
        state = _state, ended = _now, updated = greatest(o.updated, _now), blob = NULL, jobs = NULL
    WHERE o.sequence = _sequence;
    PERFORM count_operations(_process, 0, -1, 0);
    RETURN _record.blob;
END $$;

-- Waits for nobody. A worker of whom a job is locked is left for the next time, as its removal would wait for that job.
CREATE OR REPLACE FUNCTION forsake(_stale double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _gone bigint[];
    _count integer;
BEGIN
    IF NOT may_sweep() THEN
        RETURN 0;
    END IF;
    _gone := ARRAY(
        SELECT w.id FROM procrastinate_workers w WHERE w.last_heartbeat < now() - make_interval(secs => _stale)
        FOR UPDATE SKIP LOCKED
    );
    IF cardinality(_gone) > 0 THEN
        UPDATE procrastinate_jobs j SET worker_id = NULL WHERE j.id IN (
            SELECT h.id FROM procrastinate_jobs h WHERE h.worker_id = ANY (_gone) FOR UPDATE SKIP LOCKED
        );
        DELETE FROM procrastinate_workers w WHERE w.id = ANY (_gone) AND w.id <> ALL (
            ARRAY(SELECT j.worker_id FROM procrastinate_jobs j WHERE j.worker_id = ANY (_gone))
        );
    END IF;
    UPDATE lease l SET held_until = 0 WHERE (l.sequence, l.position) IN (
        SELECT h.sequence, h.position FROM lease h
        WHERE h.holder IS NOT NULL AND NOT h.released AND h.held_until > 0
            AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = h.holder)
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS _count = ROW_COUNT;
    RETURN _count;
END $$;

-- One operation a call: to be called until it returns none.
CREATE OR REPLACE FUNCTION give_up(_process bigint, _allowed integer, _moment double precision)
RETURNS TABLE (id uuid, blob text) LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _sequence bigint;
    _lease lease;
    _ended double precision;
BEGIN
    IF NOT may_sweep() THEN
        RETURN;
    END IF;
    PERFORM turns_stand();
    FOR _sequence IN
        SELECT DISTINCT l.sequence FROM lease l WHERE NOT l.released AND lapsed(l.held_until, _now)
            AND l.holder IS NOT NULL AND l.attempts >= _allowed LIMIT 100
    LOOP
        SELECT o.id, o.ended INTO id, _ended FROM operation o WHERE o.sequence = _sequence FOR NO KEY UPDATE;
        SELECT l.* INTO _lease FROM lease l WHERE l.sequence = _sequence AND NOT l.released
            AND lapsed(l.held_until, _now) AND l.holder IS NOT NULL AND l.attempts >= _allowed LIMIT 1 FOR UPDATE;
        CONTINUE WHEN _lease.job IS NULL;
        IF _ended IS NOT NULL THEN
            PERFORM drop_page(_lease);
            CONTINUE;
        END IF;
        blob := finish(_sequence, 'failed', _process, _now);
        RETURN NEXT;
        RETURN;
    END LOOP;
END $$;

-- The table's lock waits until nobody is between two jobs; the rows alone would be locked in no order.
CREATE OR REPLACE FUNCTION turn_back(_most bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _turn bigint;
BEGIN
    IF coalesce((SELECT max(p.served) FROM process p), 0) <= _most THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(1381258324, 2);
    LOCK TABLE procrastinate_jobs IN EXCLUSIVE MODE;
    SELECT max(p.served) INTO _turn FROM process p;
    UPDATE procrastinate_jobs j SET priority = j.priority + _turn WHERE j.queue_name IN ('readstone', 'readstone_alone');
    UPDATE line l SET last = l.last - _turn;
    UPDATE process p SET served = p.served - _turn;
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION fold() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT may_sweep() THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1381258324, 1);  -- release counts in the same rows
    PERFORM turn_back(1000000000);  -- while nothing is locked that an accept or a claim may wait for
    -- A process that was taken for dead may be counting still.
    WITH gone AS (
        DELETE FROM share s WHERE (s.owner, s.process) IN (
            SELECT d.owner, d.process FROM share d WHERE d.process <> 0
                AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = d.process) FOR UPDATE SKIP LOCKED
        )
        RETURNING s.owner, s.waiting
    )
    INSERT INTO share AS s SELECT g.owner, 0, sum(g.waiting) FROM gone g GROUP BY g.owner
    ON CONFLICT (owner, process) DO UPDATE SET waiting = s.waiting + excluded.waiting;
    DELETE FROM share s WHERE s.process = 0 AND s.waiting = 0;
    WITH gone AS (
        DELETE FROM process p WHERE (p.id, p.slot) IN (
            SELECT d.id, d.slot FROM process d WHERE d.id <> 0
                AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = d.id) FOR UPDATE SKIP LOCKED
        )
        RETURNING p.served, p.not_started, p.running
    )
    INSERT INTO process AS p SELECT 0, 0, coalesce(max(g.served), 0), coalesce(sum(g.not_started), 0),
        coalesce(sum(g.running), 0) FROM gone g
    ON CONFLICT (id, slot) DO UPDATE SET
        not_started = p.not_started + excluded.not_started, running = p.running + excluded.running,
        served = greatest(p.served, excluded.served);
    DELETE FROM line l WHERE l.owner IN (
        SELECT d.owner FROM line d WHERE d.last < (SELECT max(p.served) FROM process p)
        LIMIT 10000 FOR UPDATE SKIP LOCKED  -- an accept that holds one may want another
    );
END $$;
