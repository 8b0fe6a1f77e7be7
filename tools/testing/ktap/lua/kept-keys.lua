-- A million increments by strings that are in another table
local function main()
	local keys = {}
	local t = {}
	local sum = 0

	for i = 0, 255 do keys[i] = "task " .. i end
	for i = 1, 1000000 do
		local k = keys[i & 255]
		t[k] = (t[k] or 0) + 1
	end
	for k, v in pairs(t) do sum = sum + #k * v end
	return sum
end

print(main())
