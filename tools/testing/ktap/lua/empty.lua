-- What a run costs that does nothing.
local function main()
end

main()
