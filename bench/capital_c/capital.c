/*
 * The model of risk/capital in C, as a yardstick: the seed profile, the same
 * operations in the same order, hence the same bits.
 *
 *   capital scalar|avx2 <scenario> <leverage> <seed> <paths> <runs>
 *
 * prints "<best seconds> <hash of all outcomes>". Build without contraction of
 * products into fused multiply-adds: -O3 -march=native -ffp-contract=off.
 */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zigtable.h"

enum { EPOCHS = 365, BATCH = 256 };
static const uint64_t golden = 0x9e3779b97f4a7c15;
static const double tail_start = 3.6541528853610088, ceiling = 1 << 20;

typedef struct {
	double roi, drawdown;
	int liquidated;
	int32_t epochs, pegs, floors, throttles, spreads, delevers, breakers;
} outcome;

/* ---- noise ---- */

static uint64_t first_key, second_key;

static inline uint64_t mix(uint64_t z, uint64_t key) {
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 ^ key;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double logarithm(double x) {
	uint64_t b;
	memcpy(&b, &x, 8);
	int64_t e = (int64_t)(b >> 52) - 1023;
	b = (b & ((1ULL << 52) - 1)) | 1023ULL << 52;
	double m;
	memcpy(&m, &b, 8);
	if (m > M_SQRT2) {
		m *= 0.5;
		e++;
	}
	double s = (m - 1) / (m + 1), q = s * s, r = q * q;
	double odd = 1. / 3 + r * (1. / 7 + r * (1. / 11 + r * (1. / 15 + r * (1. / 19 + r * (1. / 23)))));
	double even = 1. / 5 + r * (1. / 9 + r * (1. / 13 + r * (1. / 17 + r * (1. / 21))));
	double sum = q * odd + r * even;
	return (double)e * M_LN2 + (2 * s + 2 * s * sum);
}

typedef struct { uint64_t place; } retry;
static uint64_t retry_next(retry *r) { return mix(r->place += golden, second_key); }
static double retry_uniform(retry *r) { return ((double)(retry_next(r) >> 12) + 0.5) * 0x1p-52; }
static inline int64_t magnitude(int64_t j) { return j ^ j >> 63; }

static __attribute__((noinline)) double outside(uint64_t u, uint64_t place) {
	retry more = {mix(place, first_key)};
	for (;;) {
		unsigned i = u & 0xff;
		int64_t j = (int64_t)u >> 11;
		double x = (double)j * ziggurat[i].width;
		if (magnitude(j) < ziggurat[i].inside) return x;
		if (i == 0) {
			for (;;) {
				double a = -logarithm(retry_uniform(&more)) * (1 / tail_start), b = -logarithm(retry_uniform(&more));
				if (b + b > a * a) return copysign(tail_start + a, x);
			}
		}
		if (logarithm(density[i] + (density[i + 1] - density[i]) * retry_uniform(&more)) < -(0.5 * (x * x))) return x;
		u = retry_next(&more);
	}
}

/* ---- parameters: the seed profile ---- */

static struct { double shock, keep, redeem; } schedule[EPOCHS];
static double sigma0 = 0.20, sigma_bar = 0.20, kappa = 0.05, eta = 0.012, rho = -0.5, imbalance = 0.05, yield = 0.08;
static double leverage0 = 1, allocation = 0.60, spread0 = 0.0030, sigma_crit = 0.35, theta_min = 0.25, theta_slope = 0.75, spread_slope = 1, spread_max = 0.0050;
static double floor0 = 0.20, refill = 0.02, redeem_use = 0.5, max_ltv = 0.65, hard_ltv = 0.75, recovery = 0.02, top_up = 0, delever_cost = 0.0050, penalty = 0.10, close_out = 0, mark0 = 0;
static double beta = 0.05, imbalance_redeem = 0.5, arbitrage = 0.25, band = 0.0050, iv_band = 0.0025, iv_effect = 0.5, iv_cap = 0.01, iv_cost = 0.02, breaker = 0.05;
static double borrow = 0.034, drag0 = 0.10, turnover0 = 0.03, elasticity = 0.5, reference_spread = 0.0030, haircut = 0.20, slip = 1, cap = 0.05;
static double root_dt, rho_rest, per_crit, liquidity0, per_liquidity, per_floor, unmarked, calm_turnover, breaker_alpha;

static inline double bounded(double x) { return x < 0 ? 0 : x > ceiling ? ceiling : x; }
static inline double at_most(double x, double m) { return x > m ? m : x; }
static double turnover_at(double spread) { return turnover0 * bounded(1 - elasticity * (spread - reference_spread)); }

static int prepare(const char *scenario, double leverage, uint64_t seed) {
	leverage0 = leverage;
	for (int e = 0; e < EPOCHS; e++) schedule[e].keep = 1, schedule[e].redeem = 0.00001;
	if (!strcmp(scenario, "crash_40pct_external_asset")) schedule[90].keep = 1 - 0.40, schedule[90].shock = 0.60;
	else if (!strcmp(scenario, "high_vol_sigma_spike")) sigma_bar = 0.45, eta = 0.03, schedule[60].shock = 0.60;
	else if (!strcmp(scenario, "bank_run_redemption_spike")) for (int e = 120; e < 140; e++) schedule[e].redeem += 0.04;
	else if (strcmp(scenario, "chain138_deployed_capital_efficiency")) return 1;
	double dt = 1 / 365.0;
	root_dt = sqrt(dt), rho_rest = sqrt(1 - rho * rho), per_crit = 1 / sigma_crit;
	liquidity0 = 1 - allocation, per_liquidity = 1 / liquidity0, per_floor = 1 / floor0, unmarked = 1 - mark0;
	yield *= dt, borrow *= dt, drag0 = drag0 * 0.5 * dt, elasticity /= reference_spread, close_out *= unmarked;
	calm_turnover = turnover_at(spread0), breaker_alpha = allocation * theta_min;
	first_key = mix(seed + golden, 0), second_key = mix(first_key + golden, 0);
	return 0;
}

/* ---- one path at a time ---- */

typedef struct { double sigma, ret, flow, redeem, yield; } weather;

static void fill(weather *tape, double *z, uint64_t path) {
	uint64_t place = first_key + (path << 20) * golden;
	for (int i = 0; i < 3 * EPOCHS; i++, place += golden) {
		uint64_t u = mix(place, second_key);
		int64_t j = (int64_t)u >> 11;
		z[i] = magnitude(j) < ziggurat[u & 0xff].inside ? (double)j * ziggurat[u & 0xff].width : outside(u, place);
	}
	double sigma = sigma0;
	for (int e = 0; e < EPOCHS; e++) {
		double z0 = z[3 * e], z1 = z[3 * e + 1], z2 = z[3 * e + 2];
		sigma = sigma + kappa * (sigma_bar - sigma) + eta * z0 + schedule[e].shock;
		if (sigma < 0) sigma = 0;
		double ret = (1 + sigma * root_dt * (rho * z0 + rho_rest * z2)) * schedule[e].keep - 1;
		if (ret < -1) ret = -1;
		tape[e].sigma = sigma, tape[e].ret = ret, tape[e].flow = imbalance * sigma * z1;
	}
}

static outcome live(const weather *tape) {
	outcome o = {0};
	double capital = 1, peak = 1, low = 1, fall = 0, liquidity = liquidity0, mark = 1, peg = 1, queue = 0;
	double leverage = leverage0, held = allocation * leverage0, spread = spread0;
	int broken = 0;
	for (int e = 0; e < EPOCHS; e++) {
		const weather *w = &tape[e];
		o.epochs++;
		double alpha = allocation, lever = leverage, asked = spread0, turnover = calm_turnover;
		if (w->sigma > sigma_crit) {
			double over = (w->sigma - sigma_crit) * per_crit, theta = 1 - theta_slope * over;
			if (theta < theta_min) theta = theta_min;
			asked = at_most(spread0 * (1 + spread_slope * over), spread_max);
			alpha = allocation * theta, lever = 1 + (leverage - 1) * theta, turnover = turnover_at(asked);
			o.throttles++;
		}
		o.spreads += asked != spread;
		spread = asked;
		queue += w->redeem;
		double paid = queue;
		if (broken) paid = at_most(queue, cap), lever = 1, alpha = at_most(alpha, breaker_alpha);
		queue -= paid;
		liquidity = bounded(liquidity + liquidity * w->ret + refill * (liquidity0 - liquidity) - redeem_use * paid);
		if (liquidity < floor0) {
			alpha = at_most(alpha, allocation * (liquidity * per_floor));
			o.floors++;
		}
		mark = bounded(mark + mark * w->ret + recovery * (1 - mark));
		double debt = leverage - 1, cost = 0;
		if (top_up > 0 && mark < 1) {
			double posted = top_up * (1 - mark) * debt;
			mark += posted / leverage;
			cost = unmarked * posted * allocation;
		}
		double collateral = leverage * mark;
		if (debt > max_ltv * collateral) {
			if (debt > hard_ltv * collateral) {
				o.liquidated = 1;
				double under = 1 - mark > 0 ? 1 - mark : 0;
				capital -= capital * at_most((penalty * (leverage - 1) + close_out * leverage * under) * allocation, 1);
				low = at_most(capital, low);
				break;
			}
			double reduced = 1 / (1 - max_ltv * mark);
			if (reduced < 1) reduced = 1;
			if (reduced < leverage) {
				cost += (delever_cost + unmarked * (1 - mark)) * (leverage - reduced) * alpha;
				leverage = reduced;
				o.delevers++;
			}
		}
		double depth = at_most(liquidity * per_liquidity, 1), pull = arbitrage * depth, gap = peg - 1, excess = 0;
		peg = peg + beta * (w->flow - imbalance_redeem * paid) - pull * gap;
		broken = 0;
		double dev = fabs(peg - 1);
		if (dev > iv_band) {
			excess = dev - iv_band;
			peg -= copysign(iv_effect * at_most(excess, iv_cap), peg - 1);
			broken = dev > breaker;
			o.pegs += dev > band;
			o.breakers += broken;
		}
		double exposure = alpha * lever;
		double income = w->yield * exposure - borrow * (alpha * (lever - 1));
		double making = (1 - alpha) * (0.5 * asked) * (turnover + pull * fabs(gap));
		double marked = mark0 * held * w->ret;
		double drag = drag0 * (exposure * exposure) * (w->sigma * w->sigma);
		double redeemed = paid * haircut * (1 + slip * (1 - depth));
		double net = income + making + marked - drag - iv_cost * excess - redeemed - cost;
		capital = bounded(capital + capital * net);
		held = exposure;
		if (capital > peak) {
			if (low < peak) fall = fmax(fall, 1 - low / peak);
			peak = low = capital;
		} else if (capital < low) low = capital;
	}
	o.roi = capital - 1, o.drawdown = fmax(fall, 1 - low / peak);
	return o;
}

/* ---- four paths at a time ---- */

typedef __m256d four;
typedef struct { four sigma, ret, flow, redeem, yield; } weather4;

static inline four all(double x) { return _mm256_set1_pd(x); }
static inline four add(four a, four b) { return _mm256_add_pd(a, b); }
static inline four sub(four a, four b) { return _mm256_sub_pd(a, b); }
static inline four mul(four a, four b) { return _mm256_mul_pd(a, b); }
static inline four quo(four a, four b) { return _mm256_div_pd(a, b); }
static inline four least(four a, four b) { return _mm256_min_pd(a, b); }
static inline four most(four a, four b) { return _mm256_max_pd(a, b); }
static inline four both(four a, four b) { return _mm256_and_pd(a, b); }
static inline four pick(four no, four yes, four m) { return _mm256_blendv_pd(no, yes, m); }
static inline int any(four m) { return _mm256_movemask_pd(m); }
#define ABOVE(a, b) _mm256_cmp_pd(a, b, _CMP_GT_OQ)
static inline __m256i tick(__m256i n, four m) { return _mm256_sub_epi64(n, _mm256_castpd_si256(m)); }

static inline __m256i times(__m256i x, __m256i low, __m256i high) {
	__m256i cross = _mm256_add_epi64(_mm256_mul_epu32(x, high), _mm256_mul_epu32(_mm256_srli_epi64(x, 32), low));
	return _mm256_add_epi64(_mm256_mul_epu32(x, low), _mm256_slli_epi64(cross, 32));
}

static void fill4(weather4 *tape, uint64_t (*bits)[4], double (*z)[4], uint64_t path) {
	const uint64_t a = 0xbf58476d1ce4e5b9, b = 0x94d049bb133111eb;
	__m256i al = _mm256_set1_epi64x(a), ah = _mm256_set1_epi64x(a >> 32), bl = _mm256_set1_epi64x(b), bh = _mm256_set1_epi64x(b >> 32);
	__m256i key = _mm256_set1_epi64x(second_key), step = _mm256_set1_epi64x(golden), place;
	uint64_t start[4];
	for (int l = 0; l < 4; l++) start[l] = first_key + ((path + l) << 20) * golden;
	place = _mm256_loadu_si256((void *)start);
	for (int i = 0; i < 3 * EPOCHS; i++) {
		__m256i u = _mm256_xor_si256(times(_mm256_xor_si256(place, _mm256_srli_epi64(place, 30)), al, ah), key);
		u = times(_mm256_xor_si256(u, _mm256_srli_epi64(u, 27)), bl, bh);
		_mm256_storeu_si256((void *)bits[i], _mm256_xor_si256(u, _mm256_srli_epi64(u, 31)));
		place = _mm256_add_epi64(place, step);
	}
	for (int i = 0; i < 3 * EPOCHS; i++)
		for (int l = 0; l < 4; l++) {
			uint64_t u = bits[i][l];
			int64_t j = (int64_t)u >> 11;
			double x = (double)j * ziggurat[u & 0xff].width;
			if (__builtin_expect(magnitude(j) >= ziggurat[u & 0xff].inside, 0)) x = outside(u, start[l] + (uint64_t)i * golden);
			z[i][l] = x;
		}
	four zero = all(0), one = all(1), sigma = all(sigma0);
	for (int e = 0; e < EPOCHS; e++) {
		four z0 = _mm256_loadu_pd(z[3 * e]), z1 = _mm256_loadu_pd(z[3 * e + 1]), z2 = _mm256_loadu_pd(z[3 * e + 2]);
		sigma = most(add(add(add(sigma, mul(all(kappa), sub(all(sigma_bar), sigma))), mul(all(eta), z0)), all(schedule[e].shock)), zero);
		four drawn = add(mul(all(rho), z0), mul(all(rho_rest), z2));
		tape[e].sigma = sigma;
		tape[e].ret = most(sub(mul(add(one, mul(mul(sigma, all(root_dt)), drawn)), all(schedule[e].keep)), one), all(-1));
		tape[e].flow = mul(mul(all(imbalance), sigma), z1);
	}
}

static void live4(const weather4 *tape, outcome *out) {
	const four zero = all(0), one = all(1), top = all(ceiling), sign = all(-0.0);
	four capital = one, peak = one, low = one, fall = zero, liquidity = all(liquidity0), mark = one, peg = one, queue = zero;
	four leverage = all(leverage0), held = all(allocation * leverage0), spread = all(spread0), broken = zero, on = ABOVE(one, zero);
	__m256i n[7];
	memset(n, 0, sizeof n);
	for (int e = 0; e < EPOCHS; e++) {
		const weather4 *w = &tape[e];
		n[0] = tick(n[0], on);
		four alpha = all(allocation), lever = leverage, asked = all(spread0), turnover = all(calm_turnover);
		four hot = ABOVE(w->sigma, all(sigma_crit));
		if (any(hot)) {
			four over = mul(sub(w->sigma, all(sigma_crit)), all(per_crit));
			four theta = pick(one, most(sub(one, mul(all(theta_slope), over)), all(theta_min)), hot);
			asked = pick(asked, least(mul(all(spread0), add(one, mul(all(spread_slope), over))), all(spread_max)), hot);
			alpha = mul(all(allocation), theta), lever = add(one, mul(sub(leverage, one), theta));
			turnover = mul(all(turnover0), least(most(sub(one, mul(all(elasticity), sub(asked, all(reference_spread)))), zero), top));
			n[3] = tick(n[3], both(hot, on));
		}
		n[4] = tick(n[4], both(_mm256_cmp_pd(asked, spread, _CMP_NEQ_UQ), on));
		spread = asked;
		queue = add(queue, w->redeem);
		four paid = queue;
		if (any(broken)) {
			paid = pick(queue, least(queue, all(cap)), broken);
			lever = pick(lever, one, broken), alpha = pick(alpha, least(alpha, all(breaker_alpha)), broken);
		}
		queue = sub(queue, paid);
		liquidity = least(most(sub(add(add(liquidity, mul(liquidity, w->ret)), mul(all(refill), sub(all(liquidity0), liquidity))), mul(all(redeem_use), paid)), zero), top);
		four dry = ABOVE(all(floor0), liquidity);
		if (any(dry)) {
			alpha = pick(alpha, least(alpha, mul(all(allocation), mul(liquidity, all(per_floor)))), dry);
			n[2] = tick(n[2], both(dry, on));
		}
		mark = least(most(add(add(mark, mul(mark, w->ret)), mul(all(recovery), sub(one, mark))), zero), top);
		four debt = sub(leverage, one), cost = zero;
		if (top_up > 0) {
			four under = ABOVE(one, mark), posted = mul(mul(all(top_up), sub(one, mark)), debt);
			mark = pick(mark, add(mark, quo(posted, leverage)), under);
			cost = both(mul(mul(all(unmarked), posted), all(allocation)), under);
		}
		four collateral = mul(leverage, mark), strained = both(ABOVE(debt, mul(all(max_ltv), collateral)), on);
		if (any(strained)) {
			four closed = both(ABOVE(debt, mul(all(hard_ltv), collateral)), on);
			if (any(closed)) {
				four loss = mul(add(mul(all(penalty), debt), mul(mul(all(close_out), leverage), most(sub(one, mark), zero))), all(allocation));
				capital = sub(capital, mul(capital, both(least(loss, one), closed)));
				low = least(low, capital);
				on = _mm256_andnot_pd(closed, on);
				if (!any(on)) break;
			}
			four reduced = most(quo(one, sub(one, mul(all(max_ltv), mark))), one);
			four lowered = both(both(strained, on), ABOVE(leverage, reduced));
			cost = add(cost, both(mul(mul(add(all(delever_cost), mul(all(unmarked), sub(one, mark))), sub(leverage, reduced)), alpha), lowered));
			leverage = pick(leverage, reduced, lowered);
			n[5] = tick(n[5], lowered);
		}
		four depth = least(mul(liquidity, all(per_liquidity)), one), pull = mul(all(arbitrage), depth), gap = sub(peg, one), excess = zero;
		peg = sub(add(peg, mul(all(beta), sub(w->flow, mul(all(imbalance_redeem), paid)))), mul(pull, gap));
		four off = sub(peg, one), dev = _mm256_andnot_pd(sign, off), beyond = ABOVE(dev, all(iv_band));
		broken = ABOVE(dev, all(breaker));
		if (any(beyond)) {
			excess = both(sub(dev, all(iv_band)), beyond);
			peg = sub(peg, _mm256_or_pd(mul(all(iv_effect), least(excess, all(iv_cap))), both(off, sign)));
			n[1] = tick(n[1], both(ABOVE(dev, all(band)), on));
			n[6] = tick(n[6], both(broken, on));
		}
		four exposure = mul(alpha, lever);
		four income = sub(mul(w->yield, exposure), mul(all(borrow), mul(alpha, sub(lever, one))));
		four making = mul(mul(sub(one, alpha), mul(all(0.5), asked)), add(turnover, mul(pull, _mm256_andnot_pd(sign, gap))));
		four marked = mul(mul(all(mark0), held), w->ret);
		four drag = mul(mul(all(drag0), mul(exposure, exposure)), mul(w->sigma, w->sigma));
		four redeemed = mul(mul(paid, all(haircut)), add(one, mul(all(slip), sub(one, depth))));
		four net = sub(sub(sub(sub(add(add(income, making), marked), drag), mul(all(iv_cost), excess)), redeemed), cost);
		capital = least(most(add(capital, mul(capital, both(net, on))), zero), top);
		held = exposure;
		four rose = ABOVE(capital, peak), regained = both(rose, ABOVE(peak, low));
		if (any(regained)) fall = most(fall, both(sub(one, quo(low, peak)), regained));
		low = pick(least(low, capital), capital, rose);
		peak = most(peak, capital);
	}
	fall = most(fall, sub(one, quo(low, peak)));
	double c[4], d[4];
	int64_t k[7][4];
	_mm256_storeu_pd(c, capital), _mm256_storeu_pd(d, fall);
	for (int i = 0; i < 7; i++) _mm256_storeu_si256((void *)k[i], n[i]);
	for (int l = 0; l < 4; l++)
		out[l] = (outcome){c[l] - 1, d[l], !(any(on) >> l & 1), k[0][l], k[1][l], k[2][l], k[3][l], k[4][l], k[5][l], k[6][l]};
}

/* ---- the run ---- */

static uint64_t hash;

static void fold(const outcome *o) {
	uint64_t roi, drawdown;
	memcpy(&roi, &o->roi, 8), memcpy(&drawdown, &o->drawdown, 8);
	uint64_t all[] = {roi, drawdown, o->liquidated, o->epochs, o->pegs, o->floors, o->throttles, o->spreads, o->delevers, o->breakers};
	for (int i = 0; i < 10; i++) hash = mix(hash ^ all[i], 0);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
	if (argc != 7 || prepare(argv[2], atof(argv[3]), strtoull(argv[4], 0, 10))) return 2;
	int vector = !strcmp(argv[1], "avx2"), runs = atoi(argv[6]);
	long paths = atol(argv[5]);
	static weather tape[EPOCHS];
	static weather4 tape4[EPOCHS];
	static uint64_t bits[3 * EPOCHS][4];
	static double z[3 * EPOCHS], z4[3 * EPOCHS][4];
	outcome *out = malloc(paths * sizeof *out);
	for (int e = 0; e < EPOCHS; e++) {
		tape[e].redeem = schedule[e].redeem, tape[e].yield = yield;
		tape4[e].redeem = all(schedule[e].redeem), tape4[e].yield = all(yield);
	}
	double best = 1e9;
	for (int r = 0; r < runs; r++) {
		double began = now();
		long p = 0;
		if (vector) for (; p + 4 <= paths; p += 4) fill4(tape4, bits, z4, p), live4(tape4, out + p);
		for (; p < paths; p++) fill(tape, z, p), out[p] = live(tape);
		double took = now() - began;
		if (took < best) best = took;
	}
	for (long p = 0; p < paths; p++) fold(&out[p]);
	printf("%.9f %016lx\n", best, hash);
	return 0;
}
