/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ktap_test

#if !defined(_KTAP_TEST_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KTAP_TEST_EVENT_H

#include <linux/tracepoint.h>

/* A field of each kind. */
TRACE_EVENT(ktap_test_event,
	TP_PROTO(int nr, const char *text),
	TP_ARGS(nr, text),
	TP_STRUCT__entry(
		__field(s8, s8)
		__field(u8, u8)
		__field(s16, s16)
		__field(u16, u16)
		__field(int, nr)
		__field(u32, u32)
		__field(s64, s64)
		__field(u64, u64)
		__field(bool, odd)
		__array(char, fixed, 8)
		__array(u16, numbers, 3)
		__string(text, text)
		__dynamic_array(u32, many, 2)
		__bitmask(mask, 16)
		__rel_string(rel, text)
	),
	TP_fast_assign(
		unsigned long mask = nr & 0xffff;

		__entry->s8 = nr;
		__entry->u8 = nr;
		__entry->s16 = -nr;
		__entry->u16 = -nr;
		__entry->nr = nr;
		__entry->u32 = -nr;
		__entry->s64 = -(s64)nr;
		__entry->u64 = nr;
		__entry->odd = nr & 1;
		strscpy_pad(__entry->fixed, text, sizeof(__entry->fixed));
		__entry->numbers[0] = nr;
		__entry->numbers[1] = nr + 1;
		__entry->numbers[2] = nr + 2;
		__assign_str(text);
		((u32 *)__get_dynamic_array(many))[0] = nr;
		((u32 *)__get_dynamic_array(many))[1] = ~nr;
		__assign_bitmask(mask, &mask, 16);
		__assign_rel_str(rel);
	),
	TP_printk("nr=%d text=%s", __entry->nr, __get_str(text))
);

#endif /* _KTAP_TEST_EVENT_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE ktap_test_event
#include <trace/define_trace.h>
