// SPDX-License-Identifier: GPL-2.0
//
// ktap - Uses a flame graph as people do, in a browser; see svg-test.sh
//
// The document becomes lines "ok - NAME" and "not ok - NAME".
(function () {
'use strict';
const root = document.documentElement, lines = [], ROOM = 1180;
const all = Array.from(document.querySelectorAll('.flame .f'), function (el) {
	return { el: el, name: el.querySelector('title').textContent.split('\n')[0],
		 start: +el.dataset.start, n: +el.dataset.n, depth: +el.dataset.depth,
		 x: el.getAttribute('x'), width: el.getAttribute('width'),
		 label: el.querySelector('text').textContent };
});
const search = document.getElementById('search'), reset = document.getElementById('reset');

function ok(good, name) {
	lines.push((good ? '' : 'not ') + 'ok - ' + name);
}

function send(el, type, more) {
	el.dispatchEvent(new MouseEvent(type, Object.assign({ bubbles: true }, more)));
}

function type(text) {
	search.value = text;
	search.dispatchEvent(new Event('input'));
}

function shown(f) {
	return f.el.style.display !== 'none';
}

function near(a, b) {
	return Math.abs(a - b) < 0.001;
}

function asAtFirst() {
	return all.every(function (f) {
		return shown(f) && near(f.el.getAttribute('x'), f.x) &&
			near(f.el.getAttribute('width'), f.width) &&
			f.el.querySelector('text').textContent === f.label &&
			!f.el.classList.contains('up');
	});
}

/* What the font of this browser makes of the labels. */
function labelsFit() {
	return all.every(function (f) {
		return !shown(f) || f.el.querySelector('text').getComputedTextLength() <=
			+f.el.getAttribute('width');
	});
}

function within(f, z) {
	return f.depth >= z.depth && f.start >= z.start && f.start + f.n <= z.start + z.n;
}

function below(f, z) {
	return f.depth < z.depth && f.start <= z.start && f.start + f.n >= z.start + z.n;
}

function isZoomed(z) {
	return all.every(function (f) {
		const el = f.el, width = +el.getAttribute('width');
		if (below(f, z))
			return shown(f) && el.classList.contains('up') && width === ROOM;
		if (!within(f, z))
			return !shown(f);
		return f.n / z.n * ROOM < 0.1 ? !shown(f) :
			shown(f) && near(width, f.n / z.n * ROOM) &&
			near(el.getAttribute('x') - 10, (f.start - z.start) / z.n * ROOM);
	});
}

/* The share of @z that is in or above a frame that matches. */
function matched(z, test) {
	const hits = all.filter(function (f) { return within(f, z) && test(f.name); });
	const sum = hits.filter(function (f) {
		return !hits.some(function (g) { return below(g, f); });
	}).reduce(function (sum, f) { return sum + f.n; }, 0);
	return 'matched: ' + sum + ' (' + (100 * sum / z.n).toFixed(2) + '%)';
}

function found(test, z) {
	return document.querySelector('.matched').textContent === matched(z, test) &&
		all.every(function (f) {
			return f.el.classList.contains('hit') === test(f.name);
		});
}

function run() {
	const z = all.find(function (f) { return f.depth > 4 && f.n < all[0].n / 3; });
	const kvm = function (name) { return /kvm|^ip_/.test(name); };

	ok(asAtFirst(), 'the script leaves everything where it was');
	ok(labelsFit(), 'labels fit into their frames');
	send(all[0].el, 'click');
	ok(asAtFirst(), 'the script and the file agree on where frames are');
	ok(reset.style.display === 'none', 'there is nothing to reset');
	send(z.el.querySelector('rect'), 'click');
	ok(isZoomed(z), 'a click makes a frame as wide as the picture');
	ok(labelsFit(), 'labels fit then, too');
	send(z.el.querySelector('rect'), 'mouseover');
	ok(document.getElementById('details').textContent ===
	   z.name + ': ' + z.n + ' (' + (100 * z.n / all[0].n).toFixed(2) + '%), 100.00% of ' +
	   z.name, 'what is pointed at is told');
	type('kvm|^ip_');
	ok(found(kvm, z), 'a search marks what matches, and says how much of the frame it is');
	send(reset, 'click');
	ok(asAtFirst() && reset.style.display === 'none', 'a reset shows all');
	ok(found(kvm, all[0]), 'a search goes on, in everything');
	type('KVM');
	ok(found(function () { return false; }, all[0]), 'capitals matter if there are any');
	type('[kvm');
	ok(found(function (name) { return name.includes('[kvm'); }, all[0]),
	   'what is no expression is a text');
	send(z.el, 'click');
	root.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
	ok(asAtFirst() && !document.querySelector('.hit') &&
	   !document.querySelector('.matched').textContent, 'Escape ends all of it');
}

window.addEventListener('error', function (e) {
	lines.push('not ok - no errors: ' + e.message);
});
try {
	run();
} catch (e) {
	lines.push('not ok - no exceptions: ' + e);
}
root.textContent = lines.join('\n') + '\nend\n';
})();
