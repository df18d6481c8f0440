// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// Fixed point with 18 decimals, rounded as DODO contractV2 c58c067 DecimalMath.sol and
/// SafeMath.sol round. A product of 2^256 or more reverts, even where the quotient would fit:
/// the curve's formulas count on it.
library DecimalMath {
    uint256 internal constant ONE = 1e18;
    uint256 internal constant ONE2 = 1e36;

    function mulFloor(uint256 x, uint256 y) internal pure returns (uint256) {
        return x * y / ONE;
    }

    function divFloor(uint256 x, uint256 y) internal pure returns (uint256) {
        return x * ONE / y;
    }

    /// x/y without a scale, rounded up.
    function ceil(uint256 x, uint256 y) internal pure returns (uint256) {
        uint256 z = x / y;
        return z * y == x ? z : z + 1;
    }

    /// Imprecise by up to x/1e36 of itself; a sale of quote inherits that.
    function reciprocal(uint256 x) internal pure returns (uint256) {
        return ONE2 / x;
    }

    /// The root rounded down, except for 2, where the original's iteration ends before its
    /// first step. In a pool of dust the difference decides between 0 and a revert.
    function sqrt(uint256 x) internal pure returns (uint256) {
        return x == 2 ? 2 : Math.sqrt(x);
    }
}
