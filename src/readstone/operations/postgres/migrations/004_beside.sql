-- A process that has as many pages in work as it wants takes one more of an owner who has none there.

-- A page of other owners than these, as Procrastinate's fetch would take it; the functions of 001_pages.sql know the
-- order of locks. No page of the others has a tag above the last in their lines, or one served already when it is
-- offered again: without that bound, all that these owners have waiting would be looked at when nobody else waits.
CREATE FUNCTION fetch_beside(_process bigint, _beside text[]) RETURNS procrastinate_jobs LANGUAGE plpgsql AS $$
DECLARE
    _last bigint;
    _job procrastinate_jobs;
BEGIN
    IF NOT EXISTS (
        SELECT FROM share s WHERE s.owner <> ALL (_beside) GROUP BY s.owner HAVING sum(s.waiting) > 0
    ) THEN
        RETURN NULL;
    END IF;
    SELECT greatest(
        (SELECT max(l.last) FROM line l WHERE l.owner <> ALL (_beside)), (SELECT max(p.served) FROM process p), 0
    ) INTO _last;
    WITH candidate AS (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.status = 'todo' AND j.queue_name = 'readstone' AND j.priority >= -_last
            AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
            AND (SELECT o.owner FROM operation o WHERE o.sequence = (j.args ->> 'operation')::bigint) <> ALL (_beside)
        ORDER BY j.priority DESC, j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED
    )
    UPDATE procrastinate_jobs j SET status = 'doing', worker_id = _process
    FROM candidate c WHERE j.id = c.id RETURNING j.* INTO _job;
    RETURN _job;
END $$;

-- Pages of these owners wait no longer: shares in the order of the owners, as 003_locks.sql says.
CREATE FUNCTION count_taken(_process bigint, _owners text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _owner text;
    _count bigint;
BEGIN
    IF cardinality(_owners) = 1 THEN
        PERFORM count_waiting(_owners[1], _process, -1);
        RETURN;
    END IF;
    FOR _owner, _count IN SELECT o, count(*) FROM unnest(_owners) o GROUP BY o ORDER BY o COLLATE "C" LOOP
        PERFORM count_waiting(_owner, _process, -_count);
    END LOOP;
END $$;

-- `claim` of 001_pages.sql for a page of other owners than these. None: of whoever's turn it is.
CREATE FUNCTION claim_beside(
    _process bigint, _seconds double precision, _allowed integer, _moment double precision, _beside text[],
    _released boolean
) RETURNS TABLE (due boolean, claimed operation, place integer, fence bigint, attempt integer, left_behind boolean)
LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _held bigint;
    _alone boolean;
    _begun integer := 0;
    _job procrastinate_jobs;
    _dropped text[] := '{}';  -- owners, one for each job that was left over
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
        IF _held > 0 OR cardinality(_beside) > 0 THEN
            RETURN;
        END IF;
        _job := procrastinate_fetch_job_v2(ARRAY['readstone_alone'], _process);
    END IF;
    LOOP
        IF _job.id IS NULL THEN
            IF cardinality(_beside) > 0 THEN
                _job := fetch_beside(_process, _beside);
            ELSE
                _job := procrastinate_fetch_job_v2(ARRAY['readstone'], _process);
            END IF;
        END IF;
        IF _job.id IS NULL THEN
            PERFORM count_taken(_process, _dropped);
            RETURN;
        END IF;
        place := (_job.args ->> 'position')::integer;
        SELECT o.* INTO claimed FROM operation o WHERE o.sequence = (_job.args ->> 'operation')::bigint;
        EXIT WHEN claimed.ended IS NULL AND claimed.sequence IS NOT NULL;
        -- It has ended, and could not take this job along: another had it locked.
        PERFORM procrastinate_finish_job_v1(_job.id, 'failed', true);
        DELETE FROM lease l WHERE l.sequence = claimed.sequence AND l.position = place;
        IF claimed.sequence IS NOT NULL THEN
            _dropped := _dropped || claimed.owner;
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
    PERFORM count_taken(_process, _dropped || claimed.owner);
    PERFORM count_operations(_process, -_begun, _begun, -_job.priority);
    due := false;
    RETURN NEXT;
END $$;
