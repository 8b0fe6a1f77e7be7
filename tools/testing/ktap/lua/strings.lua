-- Strings that are made of others
local function main()
	local n = 0

	for i = 1, 100000 do
		local s = "cpu " .. i % 64 .. ": task " .. i

		n = n + #s
		if s == "cpu 1: task 1" then n = n + 1 end
	end
	for i = 1, 100 do
		local s = ""

		for j = 1, 1000 do s = s .. "x" end
		n = n + #s
	end
	return n
end

print(main())
