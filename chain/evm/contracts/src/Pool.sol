// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DecimalMath} from "./DecimalMath.sol";
import {IPool} from "./IPool.sol";
import {PMM} from "./PMM.sol";
import {PriceRing} from "./PriceRing.sol";

/// What a pool is made with. Rates are shares of what the curve gives, times 1e18.
struct PoolConfig {
    address base;
    address quote;
    address maintainer; // receives mtFeeRate
    uint256 mtFeeRate; // leaves the pool; with lpFeeRate at most 1e18
    uint256 lpFeeRate; // stays in the reserve
    uint256 i; // guide price, in (0, 1e36]
    uint256 k; // slope, at most 1e18
    bool isOpenTWAP;
}

/// What a sale does, before it is done.
struct Sale {
    uint256 out; // the seller's
    uint256 mtFee; // the maintainer's, in the same token
    PMM.RState r; // afterwards
    uint256 target; // of the token sold, stored if R changes
}

/// What public and private pools share: reserves, curve, sales and the memory of prices,
/// after DODO contractV2 c58c067 DSPStorage.sol, DSPVault.sol and DSPTrader.sol.
///
/// Tokens that are sent to a pool outside a sale count with the next call that changes it.
/// A token that takes a fee of its own from transfers, or changes balances by itself, does
/// not belong in a pool.
abstract contract Pool is IPool, ReentrancyGuard {
    using DecimalMath for uint256;
    using PMM for PMM.State;
    using PriceRing for PriceRing.Ring;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    error BadTokens(address base, address quote);
    error BadMaintainer();
    error FeesOutOfRange(uint256 lpFeeRate, uint256 mtFeeRate);
    error KOutOfRange(uint256 k);
    error IOutOfRange(uint256 i);

    address public immutable override _BASE_TOKEN_;
    address public immutable override _QUOTE_TOKEN_;
    address public immutable _MAINTAINER_;
    uint256 public immutable _MT_FEE_RATE_;
    bool public immutable _IS_OPEN_TWAP_;

    uint128 public _I_;
    uint64 public _K_;
    uint64 public _LP_FEE_RATE_;

    uint112 public _BASE_RESERVE_;
    uint112 public _QUOTE_RESERVE_;
    uint32 public _BLOCK_TIMESTAMP_LAST_; // modulo 2^32

    // As stored: when R leaves one, the target of the other token is what the reserves imply.
    uint112 public _BASE_TARGET_;
    uint112 public _QUOTE_TARGET_;
    PMM.RState public _RState_;

    uint256 public override _BASE_PRICE_CUMULATIVE_LAST_;
    PriceRing.Ring private _prices;

    constructor(PoolConfig memory c) {
        if (c.base == c.quote || c.base.code.length == 0 || c.quote.code.length == 0) revert BadTokens(c.base, c.quote);
        if (c.maintainer == address(0)) revert BadMaintainer();
        (_BASE_TOKEN_, _QUOTE_TOKEN_) = (c.base, c.quote);
        (_MAINTAINER_, _MT_FEE_RATE_) = (c.maintainer, c.mtFeeRate);
        _IS_OPEN_TWAP_ = c.isOpenTWAP;
        if (c.isOpenTWAP) _BLOCK_TIMESTAMP_LAST_ = uint32(block.timestamp);
        _setParameters(c.lpFeeRate, c.mtFeeRate, c.i, c.k);
    }

    /// @inheritdoc IPool
    function getPMMStateForCall()
        external
        view
        returns (uint256 i, uint256 K, uint256 B, uint256 Q, uint256 B0, uint256 Q0, uint256 R)
    {
        PMM.State memory s = _state();
        return (s.i, s.K, s.B, s.Q, s.B0, s.Q0, uint256(s.R));
    }

    /// @inheritdoc IPool
    function getMidPrice() public view returns (uint256 midPrice) {
        return _state().mid();
    }

    /// @inheritdoc IPool
    function blockRange(uint256 blockNumber) external view returns (uint256 low, uint256 high, uint256 close) {
        return _prices.range(blockNumber);
    }

    /// @inheritdoc IPool
    function querySellBase(address, uint256 payBaseAmount)
        external
        view
        returns (uint256 receiveQuoteAmount, uint256 mtFee, PMM.RState newRState, uint256 newBaseTarget)
    {
        Sale memory s = _askBase(payBaseAmount);
        return (s.out, s.mtFee, s.r, s.target);
    }

    /// @inheritdoc IPool
    function querySellQuote(address, uint256 payQuoteAmount)
        external
        view
        returns (uint256 receiveBaseAmount, uint256 mtFee, PMM.RState newRState, uint256 newQuoteTarget)
    {
        Sale memory s = _askQuote(payQuoteAmount);
        return (s.out, s.mtFee, s.r, s.target);
    }

    /// @inheritdoc IPool
    function sellBase(address to) external nonReentrant returns (uint256 receiveQuoteAmount) {
        _admit();
        uint256 pay = _balance(_BASE_TOKEN_) - _BASE_RESERVE_;
        Sale memory s = _askBase(pay);
        IERC20(_QUOTE_TOKEN_).safeTransfer(to, s.out);
        _settleBase(s);
        emit DODOSwap(_BASE_TOKEN_, _QUOTE_TOKEN_, pay, s.out, msg.sender, to);
        return s.out;
    }

    /// @inheritdoc IPool
    function sellQuote(address to) external nonReentrant returns (uint256 receiveBaseAmount) {
        _admit();
        uint256 pay = _balance(_QUOTE_TOKEN_) - _QUOTE_RESERVE_;
        Sale memory s = _askQuote(pay);
        IERC20(_BASE_TOKEN_).safeTransfer(to, s.out);
        _settleQuote(s);
        emit DODOSwap(_QUOTE_TOKEN_, _BASE_TOKEN_, pay, s.out, msg.sender, to);
        return s.out;
    }

    /// Reverts unless msg.sender may trade here.
    function _admit() internal view virtual;

    function _askBase(uint256 pay) internal view returns (Sale memory s) {
        PMM.State memory curve = _state();
        s.target = curve.B0;
        (s.out, s.r) = curve.sellBase(pay);
        _takeFees(s);
    }

    function _askQuote(uint256 pay) internal view returns (Sale memory s) {
        PMM.State memory curve = _state();
        s.target = curve.Q0;
        (s.out, s.r) = curve.sellQuote(pay);
        _takeFees(s);
    }

    function _takeFees(Sale memory s) private view {
        s.mtFee = s.out.mulFloor(_MT_FEE_RATE_);
        s.out = s.out - s.out.mulFloor(_LP_FEE_RATE_) - s.mtFee;
    }

    /// Ends a sale of base whose proceeds have left. All transfers come before the first
    /// change, so a token that calls somebody shows them the pool as it was.
    function _settleBase(Sale memory s) internal {
        IERC20(_QUOTE_TOKEN_).safeTransfer(_MAINTAINER_, s.mtFee);
        if (s.r != _RState_) (_RState_, _BASE_TARGET_) = (s.r, s.target.toUint112());
        _count();
    }

    function _settleQuote(Sale memory s) internal {
        IERC20(_BASE_TOKEN_).safeTransfer(_MAINTAINER_, s.mtFee);
        if (s.r != _RState_) (_RState_, _QUOTE_TARGET_) = (s.r, s.target.toUint112());
        _count();
    }

    /// Makes the balances the reserves. Every change of a pool ends here and nothing else
    /// writes what a price depends on without it, so no price escapes the record.
    function _count() internal {
        uint256 base = _balance(_BASE_TOKEN_);
        uint256 quote = _balance(_QUOTE_TOKEN_);
        (_BASE_RESERVE_, _QUOTE_RESERVE_) = (base.toUint112(), quote.toUint112());
        uint256 price = _price();
        if (_IS_OPEN_TWAP_) {
            uint32 time = uint32(block.timestamp);
            unchecked {
                // both wrap: who takes a difference of two readings does not notice
                _BASE_PRICE_CUMULATIVE_LAST_ += price * uint256(time - _BLOCK_TIMESTAMP_LAST_);
            }
            _BLOCK_TIMESTAMP_LAST_ = time;
        }
        _prices.record(price);
        emit Reserves(base, quote, price);
    }

    function _setParameters(uint256 lpFeeRate, uint256 mtFeeRate, uint256 i, uint256 k) internal {
        if (lpFeeRate > DecimalMath.ONE || mtFeeRate > DecimalMath.ONE - lpFeeRate) {
            revert FeesOutOfRange(lpFeeRate, mtFeeRate);
        }
        if (k > DecimalMath.ONE) revert KOutOfRange(k);
        if (i == 0 || i > DecimalMath.ONE2) revert IOutOfRange(i);
        (_I_, _K_, _LP_FEE_RATE_) = (uint128(i), uint64(k), uint64(lpFeeRate));
    }

    function _balance(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// The curve as a trade sees it.
    function _state() internal view returns (PMM.State memory s) {
        s = PMM.State(_I_, _K_, _BASE_RESERVE_, _QUOTE_RESERVE_, _BASE_TARGET_, _QUOTE_TARGET_, _RState_);
        s.adjust();
    }

    /// The price, or 0 where a side is empty or the reserves contradict R.
    function _price() private view returns (uint256) {
        if (_BASE_RESERVE_ == 0 || _QUOTE_RESERVE_ == 0 || _contradictory()) return 0;
        return getMidPrice();
    }

    /// Whether the reserves lie on the wrong side of the targets for R: no trade can.
    function _contradictory() internal view returns (bool) {
        return (_RState_ == PMM.RState.BELOW_ONE && _BASE_RESERVE_ < _BASE_TARGET_)
            || (_RState_ == PMM.RState.ABOVE_ONE && _QUOTE_RESERVE_ < _QUOTE_TARGET_);
    }
}
