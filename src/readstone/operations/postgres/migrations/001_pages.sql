-- The steps in the life of a page.
--
-- A step in a page's life is one call, so one round trip and one transaction, and a client that stops in the
-- middle holds no lock. Rows are locked in one order everywhere, so nobody waits crosswise: the operation, the
-- lease, the job, the owner's line, the owner's share, the process. What must go against it skips locked rows. A claim
-- begins with the job, and Procrastinate's fetch may leave others locked that it looked at: so a claim waits for no
-- operation that is being read, and for no lease.

-- --- turns ----------------------------------------------------------------------------------------------

-- Start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996), as in sqlite_turns.py: a
-- page's tag is one more than that of its owner's page before, and never less than the tag served last; the lowest
-- is read first. A job's priority is its tag with a minus before it. Tags only grow, until turn_back takes as much
-- from all of them; whoever reads a tag to write another calls turns_stand before anything is locked.

CREATE FUNCTION turns_stand() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock_shared(1381258324, 2)
$$;

-- Turns of an owner are given out by one at a time. In the order of the keys, so that none wait crosswise.
CREATE FUNCTION lock_lines(_owners text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1381258324, k.key)
    FROM (SELECT DISTINCT hashtext(o) AS key FROM unnest(_owners) o ORDER BY 1) k;
END $$;

-- The tag of the first of so many pages that an owner has accepted; the others follow it.
CREATE FUNCTION line_up(_owner text, _pages integer, _turn bigint) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO line AS l VALUES (_owner, _turn + _pages - 1)
    ON CONFLICT (owner) DO UPDATE SET last = greatest(_turn, l.last + 1) + _pages - 1
    RETURNING last - _pages + 1
$$;

-- An operation ends before its time: what its owner has waiting behind it moves up, as nothing of it is read.
-- Of very much, only the first: the others keep their turns, and the line its end.
CREATE FUNCTION close_up(_owner text, _sequence bigint, _pages bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _moved bigint;
BEGIN
    PERFORM lock_lines(ARRAY[_owner]);
    WITH behind AS (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.status = 'todo' AND j.id IN (
            SELECT unnest(o.jobs) FROM operation o
            WHERE o.owner = _owner AND o.sequence > _sequence AND o.ended IS NULL ORDER BY o.sequence LIMIT 10000
        )
        ORDER BY j.priority DESC, j.id LIMIT 10000 FOR UPDATE SKIP LOCKED
    )
    UPDATE procrastinate_jobs j SET priority = j.priority + _pages FROM behind b WHERE j.id = b.id;
    GET DIAGNOSTICS _moved = ROW_COUNT;
    IF _moved < 10000 THEN
        UPDATE line l SET last = l.last - _pages WHERE l.owner = _owner;
    END IF;
END $$;

-- --- accepted -------------------------------------------------------------------------------------------

-- Keeps operations, in this order: a record each, the options, and the input unless it is in table input
-- already or in the input store. One job a page, whose priority is its turn.
CREATE FUNCTION accept(_records jsonb, _options bytea[], _inputs bytea[], _process bigint, _moment double precision)
RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    _now double precision;
    _turn bigint;
    _first bigint;
    _sequence bigint;
    _record jsonb;
    _owner text;
    _pages integer[];
    _jobs bigint[];
    _count integer;
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
        _first := line_up(_owner, _count, _turn);
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
        PERFORM count_waiting(_owner, _process, _count);
    END LOOP;
    PERFORM count_operations(_process, jsonb_array_length(_records), 0, 0);
    RETURN _now;
END $$;

-- --- claimed --------------------------------------------------------------------------------------------

-- No row: there is nothing to take now. "due": leases or pauses have lapsed, call release and ask again
-- with _released. A page left behind goes out alone, to a process that holds nothing else.
CREATE FUNCTION claim(
    _process bigint, _seconds double precision, _allowed integer, _moment double precision, _released boolean
) RETURNS TABLE (due boolean, claimed operation, place integer, fence bigint, attempt integer, left_behind boolean)
LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _held bigint;
    _alone boolean;
    _begun integer := 0;
    _job procrastinate_jobs;
BEGIN
    IF NOT _released AND (
        EXISTS (SELECT FROM lease l WHERE NOT l.released AND l.held_until <= _now AND l.attempts < _allowed)
        OR EXISTS (SELECT FROM lease l WHERE NOT l.released AND l.held_until > _now + 300 AND l.attempts < _allowed)
    ) THEN
        due := true;
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM turns_stand();
    SELECT count(*), coalesce(bool_or(l.alone), false) INTO _held, _alone FROM lease l
    WHERE l.holder = _process AND NOT l.released AND NOT lapsed(l.held_until, _now);
    IF _alone THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM lease l WHERE l.released AND l.holder IS NOT NULL) THEN
        IF _held > 0 THEN
            RETURN;
        END IF;
        _job := procrastinate_fetch_job_v2(ARRAY['readstone_alone'], _process);
    END IF;
    LOOP
        IF _job.id IS NULL THEN
            _job := procrastinate_fetch_job_v2(ARRAY['readstone'], _process);
        END IF;
        IF _job.id IS NULL THEN
            RETURN;
        END IF;
        place := (_job.args ->> 'position')::integer;
        SELECT o.* INTO claimed FROM operation o WHERE o.sequence = (_job.args ->> 'operation')::bigint;
        EXIT WHEN claimed.ended IS NULL AND claimed.sequence IS NOT NULL;
        -- It has ended, and took its jobs along: only a hand from outside can have left one.
        PERFORM procrastinate_finish_job_v1(_job.id, 'failed', true);
        DELETE FROM lease l WHERE l.sequence = claimed.sequence AND l.position = place;
        IF claimed.sequence IS NOT NULL THEN
            PERFORM count_waiting(claimed.owner, _process, -1);
        END IF;
        _job := NULL;
    END LOOP;
    INSERT INTO lease AS l
    VALUES (claimed.sequence, place, _job.id, 1, 1, _process, _now + _seconds, false, false)
    ON CONFLICT (sequence, position) DO UPDATE SET
        fence = l.fence + 1, attempts = l.attempts + 1, holder = excluded.holder, held_until = excluded.held_until,
        alone = l.holder IS NOT NULL, released = false
    RETURNING l.fence, l.attempts, l.alone INTO fence, attempt, left_behind;
    IF claimed.state = 'not started' THEN
        UPDATE operation o SET state = 'running', updated = greatest(o.updated, _now)
        WHERE o.sequence = claimed.sequence AND o.state = 'not started';
        GET DIAGNOSTICS _begun = ROW_COUNT;  -- 0: a claim of another of its pages was first
        claimed.state := 'running';
        claimed.updated := greatest(claimed.updated, _now);
    END IF;
    PERFORM count_waiting(claimed.owner, _process, -1);
    PERFORM count_operations(_process, -_begun, _begun, -_job.priority);
    due := false;
    RETURN NEXT;
END $$;

-- Puts lapsed pages back into the line: those of a holder into that of pages to be read alone. One at a time, as it
-- counts for owners in no order; who comes second finds it done.
CREATE FUNCTION release(_allowed integer, _moment double precision) RETURNS integer LANGUAGE plpgsql AS $$
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
        ELSIF job_is_held(_lease.job) THEN
            PERFORM procrastinate_retry_job_v2(_lease.job, now(), NULL, 'readstone_alone', NULL);
            PERFORM count_waiting(_lease.owner, 0, 1);
        ELSE
            DELETE FROM lease l WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
        END IF;
        UPDATE lease l SET released = true WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
        _count := _count + 1;
    END LOOP;
    RETURN _count;
END $$;

-- --- held -----------------------------------------------------------------------------------------------

CREATE FUNCTION renew(
    _process bigint, _id uuid, _position integer, _fence bigint, _seconds double precision, _moment double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lease l SET held_until = moment_or_now(_moment) + _seconds, holder = _process
    WHERE l.sequence = (SELECT o.sequence FROM operation o WHERE o.id = _id) AND l.position = _position
        AND l.fence = _fence AND l.holder IS NOT NULL AND NOT l.released;
    RETURN FOUND;
END $$;

-- Whether a page's job is in work, and locks it. An operation that ends takes its jobs first.
CREATE FUNCTION job_is_held(_job bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM procrastinate_jobs j WHERE j.id = _job AND j.status = 'doing' FOR UPDATE;
    RETURN FOUND;
END $$;

-- The lease of that fence, locked with its job; null when it is no longer the caller's, or another is taking it.
CREATE FUNCTION mine(_id uuid, _position integer, _fence bigint) RETURNS lease LANGUAGE plpgsql AS $$
DECLARE
    _lease lease;
BEGIN
    SELECT l.* INTO _lease FROM lease l
    WHERE l.sequence = (SELECT o.sequence FROM operation o WHERE o.id = _id) AND l.position = _position
        AND l.fence = _fence AND l.holder IS NOT NULL
    FOR UPDATE;
    IF _lease.released THEN
        PERFORM FROM procrastinate_jobs j WHERE j.id = _lease.job AND j.status = 'todo' FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    ELSIF _lease.job IS NOT NULL AND NOT job_is_held(_lease.job) THEN
        DELETE FROM lease l WHERE l.sequence = _lease.sequence AND l.position = _position;
        RETURN NULL;
    END IF;
    RETURN _lease;
END $$;

-- Offers the page again: at once, as if it had never been claimed, or after a pause.
CREATE FUNCTION offer(
    _process bigint, _id uuid, _position integer, _fence bigint, _pause double precision, _moment double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _lease lease := mine(_id, _position, _fence);
    _at timestamptz := now() + make_interval(secs => coalesce(_pause, 0));
    _owner text;
BEGIN
    IF _lease.job IS NULL THEN
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
        SELECT o.owner INTO _owner FROM operation o WHERE o.sequence = _lease.sequence;
        PERFORM count_waiting(_owner, _process, 1);
    END IF;
    RETURN true;
END $$;

-- Gives back what a process holds beside the pages that it knows of; see held.py.
CREATE FUNCTION disown(_process bigint, _ids uuid[], _positions integer[], _moment double precision)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _page record;
    _count integer := 0;
BEGIN
    FOR _page IN
        SELECT o.id, l.position, l.fence FROM lease l JOIN operation o ON o.sequence = l.sequence
        WHERE l.holder = _process AND NOT l.released AND NOT EXISTS (
            SELECT FROM unnest(_ids, _positions) AS known (id, position)
            WHERE known.id = o.id AND known.position = l.position
        )
        ORDER BY o.owner
    LOOP
        PERFORM offer(_process, _page.id, _page.position, _page.fence, NULL, _moment);
        _count := _count + 1;
    END LOOP;
    RETURN _count;
END $$;

-- --- ended ----------------------------------------------------------------------------------------------

-- Takes away a page of an operation that ended while the page was being claimed.
CREATE FUNCTION drop_page(_lease lease) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM lease l WHERE l.sequence = _lease.sequence AND l.position = _lease.position;
    IF NOT _lease.released AND job_is_held(_lease.job) THEN  -- of one that waits, its next claim drops the job
        PERFORM procrastinate_finish_job_v1(_lease.job, 'failed', true);
    END IF;
END $$;

-- Ends an operation whose row is locked.
CREATE FUNCTION finish(_sequence bigint, _state text, _process bigint, _now double precision)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    _record operation;
    _job record;
    _waiting integer := 0;
    _begun integer;
BEGIN
    SELECT o.* INTO _record FROM operation o WHERE o.sequence = _sequence;
    DELETE FROM lease l WHERE l.sequence = _sequence;
    GET DIAGNOSTICS _begun = ROW_COUNT;
    DELETE FROM input i WHERE i.operation = _record.id;
    IF _state = 'failed' THEN
        DELETE FROM result r WHERE r.sequence = _sequence;
        FOR _job IN
            SELECT j.id, j.status FROM procrastinate_jobs j WHERE j.id = ANY (_record.jobs) FOR UPDATE
        LOOP
            PERFORM procrastinate_finish_job_v1(_job.id, 'failed', true);
            _waiting := _waiting + CASE WHEN _job.status = 'todo' THEN 1 ELSE 0 END;
        END LOOP;
        -- Again: claims of these jobs, which we waited for, have left some. Who holds one now finds its job gone.
        DELETE FROM lease l WHERE l.sequence = _sequence AND l.position IN (
            SELECT s.position FROM lease s WHERE s.sequence = _sequence FOR UPDATE SKIP LOCKED
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

-- outcome: 0 the claim is stale, 1 the result is kept, 2 it was the last page. blob: an input to be deleted.
CREATE FUNCTION complete(
    _process bigint, _id uuid, _position integer, _fence bigint, _body bytea, _moment double precision
) RETURNS TABLE (outcome integer, blob text) LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _record operation;
    _lease lease;
BEGIN
    outcome := 0;
    SELECT o.* INTO _record FROM operation o WHERE o.id = _id FOR NO KEY UPDATE;
    _lease := mine(_id, _position, _fence);
    IF _lease.job IS NOT NULL AND _record.ended IS NOT NULL THEN
        PERFORM drop_page(_lease);
        _lease := NULL;
    END IF;
    IF _lease.job IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    DELETE FROM lease l WHERE l.sequence = _lease.sequence AND l.position = _position;
    INSERT INTO result VALUES (_lease.sequence, _position, _body);
    PERFORM procrastinate_finish_job_v1(_lease.job, 'succeeded', true);
    IF _lease.released THEN
        PERFORM count_waiting(_record.owner, _process, -1);
    END IF;
    UPDATE operation o SET unread = o.unread - 1, updated = greatest(o.updated, _now)
    WHERE o.sequence = _lease.sequence;
    outcome := 1;
    IF _record.unread = 1 THEN
        outcome := 2;
        blob := finish(_lease.sequence, 'succeeded', _process, _now);
    END IF;
    RETURN NEXT;
END $$;

CREATE FUNCTION fail(_process bigint, _id uuid, _position integer, _fence bigint, _moment double precision)
RETURNS TABLE (done boolean, blob text) LANGUAGE plpgsql AS $$
DECLARE
    _lease lease;
    _ended double precision;
BEGIN
    PERFORM turns_stand();
    SELECT o.ended INTO _ended FROM operation o WHERE o.id = _id FOR NO KEY UPDATE;
    _lease := mine(_id, _position, _fence);
    done := _lease.job IS NOT NULL AND _ended IS NULL;
    IF _lease.job IS NOT NULL AND _ended IS NOT NULL THEN
        PERFORM drop_page(_lease);
    ELSIF done THEN
        blob := finish(_lease.sequence, 'failed', _process, moment_or_now(_moment));
    END IF;
    RETURN NEXT;
END $$;
