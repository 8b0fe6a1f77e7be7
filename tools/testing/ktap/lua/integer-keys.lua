-- A million increments by integer
local function main()
	local t = {}
	local sum = 0

	for i = 1, 1000000 do
		local k = i & 1023
		t[k] = (t[k] or 0) + 1
	end
	for k, v in pairs(t) do sum = sum + k * v end
	return sum
end

print(main())
