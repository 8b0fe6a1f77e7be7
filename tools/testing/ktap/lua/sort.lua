-- Pairs in the order of their values
local function main()
	local t = {}
	local x = 1
	local sum = 0
	local n = 0

	for i = 1, 20000 do
		x = (x * 1103515245 + 12345) & 0x7fffffff
		t[i] = x
	end
	local keys = {}
	for k in pairs(t) do keys[#keys + 1] = k end
	table.sort(keys, function(a, b)
		return t[a] > t[b] or t[a] == t[b] and a < b
	end)
	for i = 1, #keys do
		local k = keys[i]

		n = n + 1
		sum = (sum + n * t[k] + k) & 0xffffffff
	end
	return sum
end

print(main())
