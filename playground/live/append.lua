-- Appends what a worker's step produced to the logs of its runs and tells all
-- readers, in one call. The invariants are in live/tokenlog.py.
--
-- ARGV: channel, then for each item:
--   run, choice, attempt, epoch, before, count, count tokens (JSON arrays)
-- Returns for each item: {last position, or -1 when the attempt is stale;
--   1 when cancel was asked}
local channel = ARGV[1]
local at, total = 2, #ARGV
local replies, lines = {}, {}

while at <= total do
  local run, choice, attempt, epoch = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local before, count = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local first = at + 6
  at = first + count

  local fence, log = 'fence:' .. run, 'log:' .. run .. ':' .. choice
  local held = redis.call('HMGET', fence, 'attempt', 'last:' .. choice, 'cancel')
  local fenced, last = tonumber(held[1] or 0), tonumber(held[2] or 0)

  if attempt < fenced then
    replies[#replies + 1] = { -1, 0 }
  else
    if attempt > fenced then
      -- Redis lost the fence that this attempt had raised: what stands here,
      -- if anything, was written since by an older attempt.
      redis.call('DEL', log)
      redis.call('HSET', fence, 'attempt', attempt, 'epoch', epoch, 'last:' .. choice, 0)
      last = 0
    end
    if before == last and count > 0 then
      for i = 0, count - 1 do
        redis.call('XADD', log, '0-' .. (before + 1 + i), 't', ARGV[first + i])
      end
      last = before + count
      redis.call('HSET', fence, 'last:' .. choice, last)
      lines[#lines + 1] = run .. ' ' .. epoch .. ' ' .. (before + 1) .. ' ' .. last
        .. ' {"type":"tokens","run":"' .. run .. '","choice":' .. choice
        .. ',"epoch":' .. epoch .. ',"from":' .. (before + 1)
        .. ',"tokens":[' .. table.concat(ARGV, ',', first, first + count - 1) .. ']}'
    end
    replies[#replies + 1] = { last, held[3] and 1 or 0 }
  end
end

if #lines > 0 then
  redis.call('PUBLISH', channel, table.concat(lines, '\n'))
end
return replies
