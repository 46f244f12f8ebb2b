"""What Redis does in one step, in its Lua: numbers are exact up to 2^53, in microseconds 2255.

All of it is by the clock of Redis.  Numbers are given out in the order of that clock and of one
another, so that they grow even if Redis lost what it knew.
"""

CLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function fence()
    local last = tonumber(redis.call('GET', KEYS[1]) or '0')
    local next = string.format('%.0f', math.max(now, last + 1))
    redis.call('SET', KEYS[1], next)
    return next
end
"""

# KEYS: the number, the latest slot of each job and who has it, then a key for each slot.
# ARGV: who asks, then for each slot its job, its microseconds, and how long after it to keep it.
# The answers: "NUMBER WHO" of who has it by now, or '' if that is not known any more.
#
# A claim is kept until so long after its slot, and so an absent one was never made as long as that
# lasts; afterwards it was not if no later slot of the job was ever claimed.  A Redis that keeps no
# log knows nothing of what was before its start.
CLAIM = (
    CLOCK
    + """
local function started()
    if string.find(redis.call('INFO', 'persistence'), 'aof_enabled:1', 1, true) then
        return 0
    end
    local up = string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)')
    return now - up * 1000000
end

local born = started()
local answers = {}
for number = 3, #KEYS do
    local first = 2 + (number - 3) * 3
    local job, at, kept = ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
    local latest = tonumber(string.match(redis.call('HGET', KEYS[2], job) or '0', '^%d+'))
    local found = redis.call('GET', KEYS[number])
    local is_known = at > born and (at > latest or at + kept > now)
    if not found and is_known then
        found = fence() .. ' ' .. ARGV[1]
        local left = math.ceil((math.max(now, at) + kept - now) / 1000)
        redis.call('SET', KEYS[number], found, 'NX', 'PX', string.format('%.0f', left))
        if at > latest then
            redis.call('HSET', KEYS[2], job, ARGV[first + 1] .. ' ' .. ARGV[1])
        end
    end
    answers[#answers + 1] = found or ''
end
return answers
"""
)

# KEYS: the number, then a key for each place.
# ARGV: whether numbers are wanted, milliseconds, then for each run its name, the number of its
# places, and for each of them which key it is and how many may have it.
# The answers: {number} of who has all its places, or {'', which of them, who has it}.
TAKE = (
    CLOCK
    + """
local ends = now / 1000 + ARGV[2]
local answers = {}
local word = 3
while word <= #ARGV do
    local who, count = ARGV[word], tonumber(ARGV[word + 1])
    local full = nil
    for index = 1, count do
        local key = KEYS[1 + ARGV[word + 2 * index]]
        local most = tonumber(ARGV[word + 2 * index + 1])
        redis.call('ZREMRANGEBYSCORE', key, '-inf', now / 1000)
        local is_full = most > 0 and redis.call('ZCARD', key) >= most
        if not full and is_full and not redis.call('ZSCORE', key, who) then
            full = {'', index, redis.call('ZRANGE', key, 0, 0)[1]}
        end
    end
    for index = 1, full and 0 or count do
        local key = KEYS[1 + ARGV[word + 2 * index]]
        redis.call('ZADD', key, ends, who)
        redis.call('PEXPIRE', key, ARGV[2])
    end
    answers[#answers + 1] = full or {ARGV[1] == '1' and fence() or ''}
    word = word + 2 + 2 * count
end
return answers
"""
)
