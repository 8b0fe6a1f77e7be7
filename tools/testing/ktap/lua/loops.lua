-- Nested loops
local function main()
	local sum = 0

	for i = 1, 100 do
		for j = 1, 100 do
			for k = 1, 100 do
				sum = sum + (i ~ j) * k - (sum & 7)
			end
		end
	end
	local i = 0
	while i < 500000 do
		if i % 3 == 0 then sum = sum + i else sum = sum - 1 end
		i = i + 1
	end
	return sum
end

print(main())
