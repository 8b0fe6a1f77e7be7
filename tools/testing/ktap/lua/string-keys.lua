-- A million increments by string
local function main()
	local t = {}
	local sum = 0

	for i = 1, 250000 do
		t["sched_switch"] = (t["sched_switch"] or 0) + 1
		t["sys_enter_read"] = (t["sys_enter_read"] or 0) + 2
		t["page_fault_user"] = (t["page_fault_user"] or 0) + 3
		t["softirq_entry"] = (t["softirq_entry"] or 0) + i
	end
	for k, v in pairs(t) do sum = sum + #k * v end
	return sum
end

print(main())
