// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DecimalMath} from "./DecimalMath.sol";
import {IFlashBorrower} from "./IFlashBorrower.sol";
import {PMM} from "./PMM.sol";
import {Pool, PoolConfig, Sale} from "./Pool.sol";

/// A pool for anybody: to trade with, to provide for and to borrow from within a
/// transaction. It is a DSP of DODO contractV2 c58c067; its shares are a token.
contract PublicPool is Pool, ERC20 {
    using DecimalMath for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    event BuyShares(address to, uint256 increaseShares, uint256 totalShares);
    event SellShares(address payer, address to, uint256 decreaseShares, uint256 totalShares);
    event DODOFlashLoan(address borrower, address assetTo, uint256 baseAmount, uint256 quoteAmount);

    error NoBaseInput();
    error NoQuoteInput();
    error QuoteTargetIsZero();
    error MintAmountNotEnough(uint256 shares);
    error WithdrawNotEnough(uint256 base, uint256 quote);
    error Expired(uint256 deadline);
    error FlashLoanFailed();

    /// A mint is more than this, or nothing.
    uint256 private constant LEAST_MINT = 1000;
    /// Nobody's, of the first deposit: it keeps the first provider from making a share so
    /// dear that a second one's deposit rounds to nothing.
    uint256 private constant LOCKED_SHARES = 1001;
    address private constant NOBODY = address(0xdead);

    uint8 private immutable _decimals;

    constructor(PoolConfig memory c) Pool(c) ERC20("Evenkeel pool share", "EKP") {
        _decimals = IERC20Metadata(c.base).decimals();
    }

    /// Those of the base token.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// Mints shares for what was transferred to the pool since its last change; what is beyond
    /// the pool's own ratio is a gift to all. The transfers and this call belong in one
    /// transaction, or somebody else takes the shares: see Factory.addLiquidity.
    function buyShares(address to) external nonReentrant returns (uint256 shares, uint256 base, uint256 quote) {
        base = _balance(_BASE_TOKEN_) - _BASE_RESERVE_;
        quote = _balance(_QUOTE_TOKEN_) - _QUOTE_RESERVE_;
        if (base == 0) revert NoBaseInput();
        uint256 supply = totalSupply();
        shares = supply == 0
            ? _firstShares(_BASE_RESERVE_ + base, _QUOTE_RESERVE_ + quote)
            : _moreShares(base, quote, supply);
        if (shares <= LEAST_MINT) revert MintAmountNotEnough(shares);
        _mint(to, shares);
        _count();
        emit BuyShares(to, shares, totalSupply());
    }

    /// The targets become as much of the first deposit as is in the ratio of i.
    function _firstShares(uint256 base, uint256 quote) private returns (uint256 shares) {
        if (quote == 0) revert NoQuoteInput();
        shares = quote < base.mulFloor(_I_) ? quote.divFloor(_I_) : base;
        uint256 quoteTarget = shares.mulFloor(_I_);
        if (quoteTarget == 0) revert QuoteTargetIsZero();
        (_BASE_TARGET_, _QUOTE_TARGET_) = (shares.toUint112(), quoteTarget.toUint112());
        if (shares <= LOCKED_SHARES + LEAST_MINT) revert MintAmountNotEnough(shares);
        _mint(NOBODY, LOCKED_SHARES);
        return shares - LOCKED_SHARES;
    }

    function _moreShares(uint256 base, uint256 quote, uint256 supply) private returns (uint256 shares) {
        if (_BASE_RESERVE_ == 0 || _QUOTE_RESERVE_ == 0) return 0;
        uint256 ratio = Math.min(base.divFloor(_BASE_RESERVE_), quote.divFloor(_QUOTE_RESERVE_));
        _BASE_TARGET_ += uint256(_BASE_TARGET_).mulFloor(ratio).toUint112();
        _QUOTE_TARGET_ += uint256(_QUOTE_TARGET_).mulFloor(ratio).toUint112();
        return supply.mulFloor(ratio);
    }

    /// Burns the caller's shares for their part of both reserves, rounded down, and reverts if
    /// that is less than the minimum of either, or after the deadline (Unix seconds).
    function sellShares(uint256 shares, address to, uint256 minBase, uint256 minQuote, uint256 deadline)
        external
        nonReentrant
        returns (uint256 base, uint256 quote)
    {
        if (block.timestamp > deadline) revert Expired(deadline);
        uint256 supply = totalSupply();
        base = _BASE_RESERVE_ * shares / supply;
        quote = _QUOTE_RESERVE_ * shares / supply;
        if (base < minBase || quote < minQuote) revert WithdrawNotEnough(base, quote);
        _burn(msg.sender, shares);
        IERC20(_BASE_TOKEN_).safeTransfer(to, base);
        IERC20(_QUOTE_TOKEN_).safeTransfer(to, quote);
        _BASE_TARGET_ -= (_BASE_TARGET_ * shares).ceil(supply).toUint112();
        _QUOTE_TARGET_ -= (_QUOTE_TARGET_ * shares).ceil(supply).toUint112();
        _count();
        emit SellShares(msg.sender, to, shares, totalSupply());
    }

    /// Lends both tokens to assetTo until its callback returns, without a fee. Back in full
    /// passes, and more is a gift. Short of one token, the excess of the other is a sale of it,
    /// with its fees; short of both reverts.
    function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes calldata data)
        external
        nonReentrant
    {
        IERC20(_BASE_TOKEN_).safeTransfer(assetTo, baseAmount);
        IERC20(_QUOTE_TOKEN_).safeTransfer(assetTo, quoteAmount);
        if (data.length > 0) IFlashBorrower(assetTo).DSPFlashLoanCall(msg.sender, baseAmount, quoteAmount, data);

        (uint256 base, uint256 quote) = (_balance(_BASE_TOKEN_), _balance(_QUOTE_TOKEN_));
        (uint256 base0, uint256 quote0) = (_BASE_RESERVE_, _QUOTE_RESERVE_);
        if (base < base0 && quote < quote0) revert FlashLoanFailed();
        if (base < base0) {
            Sale memory s = _askQuote(quote - quote0);
            if (s.out < base0 - base) revert FlashLoanFailed();
            _settleQuote(s);
            emit DODOSwap(_QUOTE_TOKEN_, _BASE_TOKEN_, quote - quote0, base0 - base, msg.sender, assetTo);
        } else if (quote < quote0) {
            Sale memory s = _askBase(base - base0);
            if (s.out < quote0 - quote) revert FlashLoanFailed();
            _settleBase(s);
            emit DODOSwap(_BASE_TOKEN_, _QUOTE_TOKEN_, base - base0, quote0 - quote, msg.sender, assetTo);
        } else {
            _count();
        }
        emit DODOFlashLoan(msg.sender, assetTo, baseAmount, quoteAmount);
    }

    /// Counts what was transferred outside any sale, as a gift to all shares.
    function sync() external nonReentrant {
        _count();
    }

    /// Mends a pool whose reserves contradict its R, which otherwise refuses every trade: what
    /// is in it becomes its targets. It leaves any other pool as it is.
    function correctRState() external nonReentrant {
        if (!_contradictory()) return;
        _RState_ = PMM.RState.ONE;
        (_BASE_TARGET_, _QUOTE_TARGET_) = (_BASE_RESERVE_, _QUOTE_RESERVE_);
        _count();
    }

    function _admit() internal pure override {}
}
