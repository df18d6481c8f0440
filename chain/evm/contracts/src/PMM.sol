// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {DecimalMath} from "./DecimalMath.sol";

/// The curve of the proactive market maker. Around a guide price i,
///
///     price = i * (1 - K + K*(B0/B)^2)    above one: base is short
///     price = i / (1 - K + K*(Q0/Q)^2)    below one: quote is short
///
/// and a trade receives the integral of it. The formulas, the order of their steps and so
/// each rounding are those of DODO contractV2 c58c067 PMMPricing.sol and DODOMath.sol; the Go
/// package pmm has the same, and its golden files hold both to the original.
library PMM {
    using DecimalMath for uint256;

    /// The side that has never been funded cannot be paid out.
    error TargetIsZero();
    /// What would be left is less than the formula can see.
    error Dust();

    enum RState {
        ONE,
        ABOVE_ONE,
        BELOW_ONE
    }

    struct State {
        uint256 i; // guide price, in (0, 1e36]
        uint256 K; // slope, 0 to 1e18
        uint256 B; // reserves
        uint256 Q;
        uint256 B0; // targets: the reserves at which neither side is short
        uint256 Q0;
        RState R;
    }

    /// Sets the target that a pool does not store to what its reserves imply. Reverts where
    /// the other reserve is below its own target.
    function adjust(State memory s) internal pure {
        if (s.R == RState.BELOW_ONE) {
            s.Q0 = solveTarget(s.Q, s.B - s.B0, s.i, s.K);
        } else if (s.R == RState.ABOVE_ONE) {
            s.B0 = solveTarget(s.B, s.Q - s.Q0, s.i.reciprocal(), s.K);
        }
    }

    /// The price of an infinitely small trade on an adjusted curve, rounded down.
    function mid(State memory s) internal pure returns (uint256) {
        if (s.R == RState.BELOW_ONE) return s.i.divFloor(scarcity(s.Q0, s.Q, s.K));
        return s.i.mulFloor(scarcity(s.B0, s.B, s.K));
    }

    /// 1 - K + K*(v0/v)^2: the price of a side in units of its guide price.
    function scarcity(uint256 v0, uint256 v, uint256 k) private pure returns (uint256) {
        uint256 ratio = (v0 * v0 / v).divFloor(v);
        return DecimalMath.ONE - k + k.mulFloor(ratio);
    }

    /// What an adjusted curve gives for base, before fees, and where that leaves it.
    function sellBase(State memory s, uint256 pay) internal pure returns (uint256 out, RState r) {
        if (s.R == RState.ONE) return (solveTrade(s.Q0, s.Q0, pay, s.i, s.K), RState.BELOW_ONE);
        if (s.R == RState.BELOW_ONE) return (solveTrade(s.Q0, s.Q, pay, s.i, s.K), RState.BELOW_ONE);
        return towardsOne(s.B, s.B0, s.Q, s.Q0, pay, s.i, s.K, RState.ABOVE_ONE, RState.BELOW_ONE);
    }

    /// The mirror image, at the price 1/i.
    function sellQuote(State memory s, uint256 pay) internal pure returns (uint256 out, RState r) {
        uint256 i = s.i.reciprocal();
        if (s.R == RState.ONE) return (solveTrade(s.B0, s.B0, pay, i, s.K), RState.ABOVE_ONE);
        if (s.R == RState.ABOVE_ONE) return (solveTrade(s.B0, s.B, pay, i, s.K), RState.ABOVE_ONE);
        return towardsOne(s.Q, s.Q0, s.B, s.B0, pay, i, s.K, RState.BELOW_ONE, RState.ABOVE_ONE);
    }

    /// A sale of the token that is short: back to R = One along the integral, and with what
    /// is left of the payment beyond.
    function towardsOne(
        uint256 sold,
        uint256 sold0,
        uint256 bought,
        uint256 bought0,
        uint256 pay,
        uint256 i,
        uint256 k,
        RState before,
        RState beyond
    ) private pure returns (uint256 out, RState r) {
        uint256 backPay = sold0 - sold;
        uint256 backReceive = bought - bought0;
        if (pay < backPay) {
            out = integrate(sold0, sold + pay, sold, i, k);
            // rounding must not pay out more than the whole way back does
            return (out < backReceive ? out : backReceive, before);
        }
        if (pay == backPay) return (backReceive, RState.ONE);
        return (backReceive + solveTrade(bought0, bought0, pay - backPay, i, k), beyond);
    }

    // In the formulas below v is the reserve of the side that is short, v0 its target, i the
    // price of the token paid in units of v, and the curve itself
    //
    //     i * delta = (v1 - v2) * (1 - k + k*v0^2/(v1*v2)).

    /// What a payment of v1 - v2 is worth on the way back to the target, v0 >= v1 >= v2 > 0.
    function integrate(uint256 v0, uint256 v1, uint256 v2, uint256 i, uint256 k) private pure returns (uint256) {
        if (v0 == 0) revert TargetIsZero();
        uint256 fair = i * (v1 - v2);
        if (k == 0) return fair / DecimalMath.ONE;
        uint256 penalty = k.mulFloor((v0 * v0 / v1).divFloor(v2));
        return (DecimalMath.ONE - k + penalty) * fair / DecimalMath.ONE2;
    }

    /// The target of a side that has v1 left while the other has delta too much:
    /// v1 * (1 + (sqrt(1 + 4*k*i*delta/v1) - 1) / 2k).
    function solveTarget(uint256 v1, uint256 delta, uint256 i, uint256 k) private pure returns (uint256) {
        if (k == 0) return v1 + i.mulFloor(delta);
        if (v1 == 0) return 0;
        uint256 root = DecimalMath.ONE;
        uint256 ki = 4 * k * i;
        if (ki != 0) {
            (bool fits, uint256 product) = Math.tryMul(ki, delta);
            // beyond 2^256 the original divides first, and loses precision
            uint256 square = fits ? product / v1 : ki / v1 * delta;
            root = DecimalMath.sqrt(square + DecimalMath.ONE2);
        }
        uint256 premium = (root - DecimalMath.ONE).divFloor(2 * k) + DecimalMath.ONE;
        return v1.mulFloor(premium);
    }

    /// How much of v1 is given for delta, where v2 is the positive root of
    /// (1-k)*v2^2 + b*v2 - k*v0^2 = 0 with b = k*v0^2/v1 + i*delta - (1-k)*v1.
    function solveTrade(uint256 v0, uint256 v1, uint256 delta, uint256 i, uint256 k) private pure returns (uint256) {
        if (v0 == 0) revert TargetIsZero();
        if (delta == 0) return 0;
        if (k == 0) {
            uint256 fair = i.mulFloor(delta);
            return fair < v1 ? fair : v1;
        }
        if (k == DecimalMath.ONE) return solveProduct(v0, v1, delta, i);

        uint256 rest = DecimalMath.ONE - k;
        uint256 grows = k * v0 / v1 * v0 + i * delta;
        uint256 shrinks = rest * v1;
        bool positive = shrinks < grows; // the sign of b
        uint256 b = (positive ? grows - shrinks : shrinks - grows) / DecimalMath.ONE;

        uint256 square = (rest * 4).mulFloor(k.mulFloor(v0) * v0);
        uint256 root = DecimalMath.sqrt(b * b + square);
        uint256 numerator = positive ? root - b : root + b;
        if (numerator == 0 && positive) revert Dust();
        uint256 v2 = (numerator * DecimalMath.ONE).ceil(rest * 2);
        return v2 > v1 ? 0 : v1 - v2;
    }

    /// The same for k = 1: v1 * r / (1 + r) with r = i*delta*v1/v0^2.
    function solveProduct(uint256 v0, uint256 v1, uint256 delta, uint256 i) private pure returns (uint256) {
        uint256 worth = i * delta;
        uint256 ratio;
        if (worth != 0) {
            (bool fits, uint256 product) = Math.tryMul(worth, v1);
            // beyond 2^256 the original divides in between, and loses precision
            ratio = fits ? product / (v0 * v0) : delta * v1 / v0 * i / v0;
        }
        return v1 * ratio / (ratio + DecimalMath.ONE);
    }
}
