// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DecimalMath} from "../DecimalMath.sol";
import {PMM} from "../PMM.sol";

/// The library's functions from outside, for the golden files.
contract Curve {
    using DecimalMath for uint256;
    using PMM for PMM.State;

    function sell(PMM.State memory s, bool base, uint256 pay) external pure returns (uint256 out, PMM.RState r) {
        return base ? s.sellBase(pay) : s.sellQuote(pay);
    }

    /// A sale of the whole pool as stored: targets, curve and fees.
    function query(PMM.State memory s, bool base, uint256 pay, uint256 lpFeeRate, uint256 mtFeeRate)
        external
        pure
        returns (uint256 out, uint256 mtFee, PMM.RState r, uint256 target)
    {
        s.adjust();
        target = base ? s.B0 : s.Q0;
        (out, r) = base ? s.sellBase(pay) : s.sellQuote(pay);
        mtFee = out.mulFloor(mtFeeRate);
        out = out - out.mulFloor(lpFeeRate) - mtFee;
    }

    function adjusted(PMM.State memory s) external pure returns (uint256 B0, uint256 Q0) {
        s.adjust();
        return (s.B0, s.Q0);
    }

    function mid(PMM.State memory s) external pure returns (uint256) {
        return s.mid();
    }

    function sqrt(uint256 x) external pure returns (uint256) {
        return x.sqrt();
    }
}
