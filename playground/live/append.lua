-- Appends what a worker's step produced to the logs of its runs and tells all
-- readers, in one call. The invariants are in live/tokenlog.py.
--
-- ARGV, for each item:
--   channel, run, choice, attempt, epoch, before, count, count tokens (JSON arrays)
-- Returns for each item: {last position, or -1 when the attempt is stale;
--   1 when cancel was asked}
local at, total = 1, #ARGV
local replies = {}
-- The lines to publish, by channel; the channels in the order of the items.
local lines, channels = {}, {}

while at <= total do
  local channel, run, choice = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local attempt, epoch = tonumber(ARGV[at + 3]), ARGV[at + 4]
  local before, count = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local first = at + 7
  at = first + count

  local fence, log = 'fence:' .. run, 'log:' .. run .. ':' .. choice
  local held = redis.call('HMGET', fence, 'attempt', 'last:' .. choice, 'cancel')
  local fenced, last = tonumber(held[1] or 0), tonumber(held[2] or 0)

  if attempt < fenced then
    replies[#replies + 1] = { -1, 0 }
  else
    if attempt > fenced then
      -- Redis lost the fence that this attempt had raised: what is here,
      -- if anything, was written since by an older attempt, in any choice.
      for _, field in ipairs(redis.call('HKEYS', fence)) do
        local other = string.match(field, '^last:(.+)$')
        if other then
          redis.call('DEL', 'log:' .. run .. ':' .. other)
          redis.call('HDEL', fence, field)
        end
      end
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
      local of_channel = lines[channel]
      if not of_channel then
        of_channel = {}
        lines[channel] = of_channel
        channels[#channels + 1] = channel
      end
      of_channel[#of_channel + 1] = 'run:' .. run .. ' ' .. choice .. ' ' .. epoch
        .. ' ' .. (before + 1) .. ' ' .. last
        .. ' {"type":"tokens","run":"' .. run .. '","choice":' .. choice
        .. ',"epoch":' .. epoch .. ',"from":' .. (before + 1)
        .. ',"tokens":[' .. table.concat(ARGV, ',', first, first + count - 1) .. ']}'
    end
    replies[#replies + 1] = { last, held[3] and 1 or 0 }
  end
end

for _, channel in ipairs(channels) do
  redis.call('PUBLISH', channel, table.concat(lines[channel], '\n'))
end
return replies
