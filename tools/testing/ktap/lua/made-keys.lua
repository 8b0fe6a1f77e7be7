-- A million increments by strings that are made just before
local function main()
	local t = {}
	local sum = 0

	for i = 1, 1000000 do
		local k = "task " .. (i & 255)
		t[k] = (t[k] or 0) + 1
	end
	for k, v in pairs(t) do sum = sum + #k * v end
	return sum
end

print(main())
