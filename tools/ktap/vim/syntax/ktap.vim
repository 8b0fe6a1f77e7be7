" SPDX-License-Identifier: GPL-2.0
" ktap - Colors of scripts
"
" The words between the marks come from the lists that the compiler has;
" tests/syntax.sh -u puts them there.
if exists("b:current_syntax")
	finish
endif

syn keyword ktapTodo contained TODO FIXME XXX
syn match ktapComment "#.*$" contains=ktapTodo,@Spell

syn match ktapEscape contained "\\\%(x\x\{1,2}\|\o\{1,3}\|.\|$\)"
syn match ktapFormat contained "%[-+ #0]*\%(\d\+\|\*\)\=\%(\.\%(\d\+\|\*\)\=\)\=[hlzjt]*[diuxXocspt%]"
syn region ktapString start=+"+ skip=+\\\\\|\\"+ end=+"+ contains=ktapEscape,ktapFormat,@Spell
syn region ktapString start=+'+ skip=+\\\\\|\\'+ end=+'+ contains=ktapEscape,ktapFormat,@Spell
syn region ktapString start=+\[\[+ end=+\]\]+ contains=@Spell

syn match ktapNumber "\<\%(0[xX]\x\+\|0[bB][01]\+\|\d\+\)\>"
syn match ktapArgument "\$\d\+"

" Behind a dot or an arrow all words are names.
syn match ktapField "\.\@1<!\.\s*\h\w*"
syn match ktapField "->\s*\h\w*"

" Events, as far as they cannot be anything else.
syn match ktapEvent "\<\%(tick\|profile\)-\w\+"
syn match ktapEvent "\%(\<trace\s\+\)\@<=[^ \t,{]\+"
syn match ktapEvent ",\s*\zs\%(\h[A-Za-z0-9_*?]*\|\*\):[^ \t,{]\+"

" Words of the language
syn keyword ktapConditional else elseif if
syn keyword ktapRepeat break continue for in repeat until while
syn keyword ktapOperator and not or
syn keyword ktapConstant false nil true
syn keyword ktapStatement function return trace trace_end var
" Builtin names
syn keyword ktapVariable addr arg arg0 arg1 arg2 arg3 arg4 arg5 arg6 arg7 arg8 arg9 args
syn keyword ktapVariable argstr cgroup cpu elapsed entry_ns execname func gid ip nsecs pid
syn keyword ktapVariable ppid probename retval tid uid
syn keyword ktapFunction arch avg basename cast clear commit count curr_taskinfo delete
syn keyword ktapFunction discard errname exit gettimeofday_ms gettimeofday_ns gettimeofday_s
syn keyword ktapFunction gettimeofday_us hist in_interrupt in_iowait ipof kaddr kernel_read
syn keyword ktapFunction kernel_string kernel_v kernel_var ksym len lhist llhist max min ntop
syn keyword ktapFunction num_cpus pairs print print_backtrace print_hist print_stat
syn keyword ktapFunction print_trace_clock printf quantize rand signame snapshot sort_pairs
syn keyword ktapFunction speculate speculation split stack stat stddev strcmp strftime
syn keyword ktapFunction stringof strstr strtol substr sum syscall_name tonumber top tostring
syn keyword ktapFunction trace_printk tracing_off tracing_on user_read user_string ustack usym
syn keyword ktapFunction zero
syn match ktapFunction "\<ansi\.clear_screen\>"
syn match ktapFunction "\<ansi\.reset_color\>"
syn match ktapFunction "\<ansi\.set_color\>"
syn match ktapFunction "\<ansi\.set_color2\>"
syn match ktapFunction "\<ansi\.set_color3\>"
syn match ktapFunction "\<kdebug\.kprobe\>"
syn match ktapFunction "\<kdebug\.trace_by_id\>"
syn match ktapFunction "\<kdebug\.trace_end\>"
syn match ktapFunction "\<kdebug\.tracepoint\>"
syn match ktapFunction "\<net\.format_ip_addr\>"
syn match ktapFunction "\<net\.ip_sock_daddr\>"
syn match ktapFunction "\<net\.ip_sock_saddr\>"
syn match ktapFunction "\<table\.new\>"
syn match ktapFunction "\<timer\.profile\>"
syn match ktapFunction "\<timer\.tick\>"
" End of names

syn match ktapOperator "<<<\|++\|--\|+=\|-=\|\*=\|/=\|%=\|&=\||=\|\^=\|<<=\|>>="

hi def link ktapTodo Todo
hi def link ktapComment Comment
hi def link ktapEscape SpecialChar
hi def link ktapFormat SpecialChar
hi def link ktapString String
hi def link ktapNumber Number
hi def link ktapArgument Identifier
hi def link ktapEvent Special
hi def link ktapConditional Conditional
hi def link ktapRepeat Repeat
hi def link ktapOperator Operator
hi def link ktapConstant Constant
hi def link ktapStatement Statement
hi def link ktapVariable Identifier
hi def link ktapFunction Function

let b:current_syntax = "ktap"
