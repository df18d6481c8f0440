// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IPool} from "./IPool.sol";
import {IStabilizer} from "./IStabilizer.sol";

/// Holds a pool at its peg with its own inventory, as Vault plan Appendix A asks: it
/// trades when a keeper says so and each of the rules below agrees. The keeper decides
/// whether and how much; the contract bounds what a careless, late or stolen keeper can do.
/// The worst is maxSlippageBps of the block cap, once in minBlocks, and only while the
/// price is truly off.
///
/// A flash loan, or any distortion that is undone within its block, cannot make it
/// trade: such a block has also seen the fair price, and then it does not count. Nor can
/// one that is pushed in one block and undone in the next, however often: it takes a whole
/// block, from the last price of the one before to its own last, beyond the threshold.
///
/// That has a price. Whoever brings the observed pool to its peg for a moment of every
/// block holds off the rebalance for as long. It costs them a round trip of the pool per
/// block: its fee twice, and gas. Twenty bps off, in a pool of a million with a fee of 5 bps,
/// that is 2.1 tokens per block; in a pool without a fee it is gas alone, so the observed pool
/// should have one. The keeper's alarm, out of band without a trade, tells the operator, who
/// asks for fewer blocks (one without a touch is enough then), or withdraws some inventory
/// and trades against the attacker, who offers the peg in every block.
///
/// The peg is a number that the owner moves, in small steps. A feed would be one more party
/// to trust on chain, and one that can stop; the keeper compares several before it asks.
/// Blocks from before a new peg do not count.
///
/// All else is configured at once and while paused, so that no trade can be slipped in
/// between two settings; and nothing that is checked then depends on a price. The contract
/// starts paused, since private pools need its address before it can be told of them.
contract Stabilizer is IStabilizer, Ownable2Step, Pausable, ReentrancyGuard {
    using SafeERC20 for IERC20;

    uint256 private constant BPS = 10_000;
    uint256 private constant ONE = 1e18;
    /// The farthest that the peg moves in one step: a slip of the hand is refused.
    uint256 public constant MAX_PEG_STEP_BPS = 100;

    Config private _config;
    address private _base; // the tokens of _config.observed
    address private _quote;
    uint256 private _pegBlock; // the last block that had another peg or configuration
    uint256 public override nextExecution;
    mapping(address account => bool) public override isKeeper;

    constructor(address owner) Ownable(owner) {
        _pause();
    }

    // What the keeper calls.

    function checkDeviation() external view override returns (int256 deviationBps, bool shouldRebalance) {
        return (_deviationBps(_config.observed.getMidPrice()), _beyondThreshold(_nearestPrice()));
    }

    function executePrivateSwap(uint256 tradeSize, address tokenIn, address tokenOut) external override {
        executePrivateSwap(tradeSize, tokenIn, tokenOut, 0, block.number);
    }

    function executePrivateSwap(
        uint256 tradeSize,
        address tokenIn,
        address tokenOut,
        uint256 minOut,
        uint256 deadlineBlock
    ) public override whenNotPaused nonReentrant returns (uint256 received) {
        _requireKeeper();
        _requireSomething(tradeSize);
        _requireInTime(deadlineBlock);
        _requireCheapGas();
        _requireBlockDelay();
        _requireSustainedDeviation();
        uint256 price = _config.observed.getMidPrice();
        _requireTowardsPeg(price, tokenIn, tokenOut);
        uint256 baseUnits =
            tokenIn == _base ? tradeSize : Math.mulDiv(tradeSize, ONE, _config.peg, Math.Rounding.Ceil);
        _requireProportion(price, baseUnits);
        _requireBlockCap(baseUnits);

        nextExecution = block.number + _config.minBlocks;
        received = _swap(tradeSize, tokenIn, tokenOut);

        _requireSlippage(tradeSize, tokenIn, received, minOut);
        _requireNoOvershoot(price);
        emit PrivateSwapExecuted(msg.sender, tokenIn, tokenOut, tradeSize, received, _deviationBps(price));
    }

    // The rules, one each.

    function _requireKeeper() private view {
        if (!isKeeper[msg.sender]) revert NotKeeper(msg.sender);
    }

    function _requireSomething(uint256 tradeSize) private pure {
        if (tradeSize == 0) revert NothingToSell();
    }

    function _requireInTime(uint256 deadlineBlock) private view {
        if (block.number > deadlineBlock) revert DeadlinePassed(deadlineBlock, block.number);
    }

    function _requireCheapGas() private view {
        uint256 most = _config.maxGasPriceForStabilizer;
        if (tx.gasprice > most) revert GasTooDear(tx.gasprice, most);
    }

    function _requireBlockDelay() private view {
        if (block.number < nextExecution) revert TooSoon(block.number, nextExecution);
    }

    function _requireSustainedDeviation() private view {
        uint256 nearest = _nearestPrice();
        if (!_beyondThreshold(nearest)) revert NotSustained(nearest, _config.peg);
    }

    /// Above the peg the base token is sold, below it is bought.
    function _requireTowardsPeg(uint256 price, address tokenIn, address tokenOut) private view {
        (address sold, address bought) = price > _config.peg ? (_base, _quote) : (_quote, _base);
        if (tokenIn != sold || tokenOut != bought) revert WrongDirection(tokenIn, tokenOut);
    }

    /// At most k times the deviation: now, and as the last block closed, since what is
    /// pushed away in this very block must not make the trade larger.
    function _requireProportion(uint256 price, uint256 baseUnits) private view {
        uint256 peg = _config.peg;
        (, , uint256 close) = _config.observed.blockRange(block.number - 1);
        uint256 distance = Math.min(_distance(price), _distance(close));
        uint256 most = Math.mulDiv(_config.unitsPerBps, distance * BPS, peg);
        if (baseUnits > most) revert OutOfProportion(baseUnits, most);
    }

    /// The whole volume of a block is one trade, since minBlocks is at least 1.
    function _requireBlockCap(uint256 baseUnits) private view {
        uint256 most = _config.maxStabilizationVolumePerBlock;
        if (baseUnits > most) revert OverBlockCap(baseUnits, most);
    }

    /// At the peg, which nobody can move within a block, and as the keeper asked.
    function _requireSlippage(uint256 sold, address tokenIn, uint256 received, uint256 minOut) private view {
        (uint256 rate, uint256 unit) = tokenIn == _base ? (_config.peg, ONE) : (ONE, _config.peg);
        uint256 worth = Math.mulDiv(sold, rate, unit);
        uint256 least = Math.max(minOut, Math.mulDiv(worth, BPS - _config.maxSlippageBps, BPS, Math.Rounding.Ceil));
        if (received < least) revert TooLittleReceived(received, least);
    }

    /// Within the threshold of the peg is as good as on it, on either side: the engine
    /// sizes a full correction by a straight line, which the curve is not quite.
    function _requireNoOvershoot(uint256 before) private view {
        uint256 price = _config.observed.getMidPrice();
        uint256 peg = _config.peg;
        if ((price > peg) != (before > peg) && _beyondThreshold(price)) revert Overshot(price, peg);
    }

    // The price.

    /// The price of the last sustainBlocks blocks and of this one so far that was nearest
    /// to the peg: the peg itself when it was touched or crossed, or is too new.
    function _nearestPrice() private view returns (uint256) {
        uint256 peg = _config.peg;
        if (block.number <= _pegBlock + _config.sustainBlocks) return peg;
        (uint256 low, uint256 high) = (type(uint256).max, 0);
        for (uint256 number = block.number - _config.sustainBlocks; number <= block.number; ++number) {
            (uint256 blockLow, uint256 blockHigh, ) = _config.observed.blockRange(number);
            (low, high) = (Math.min(low, blockLow), Math.max(high, blockHigh));
        }
        return Math.max(low, Math.min(high, peg));
    }

    function _distance(uint256 price) private view returns (uint256) {
        uint256 peg = _config.peg;
        return price > peg ? price - peg : peg - price;
    }

    function _beyondThreshold(uint256 price) private view returns (bool) {
        return _distance(price) * BPS > _config.thresholdBps * _config.peg;
    }

    function _deviationBps(uint256 price) private view returns (int256) {
        int256 bps = int256(_distance(price) * BPS / _config.peg);
        return price > _config.peg ? bps : -bps;
    }

    // The trade.

    /// Walks the route, forwards when base is sold and backwards when quote is. The anchor
    /// goes from pool to pool: there is no moment to be left holding it.
    function _swap(uint256 size, address tokenIn, address tokenOut) private returns (uint256) {
        IPool[] storage route = _config.route;
        (IPool first, IPool last) = (route[0], route[route.length - 1]);
        if (tokenIn != _base) (first, last) = (last, first);
        uint256 held = IERC20(tokenOut).balanceOf(address(this));
        IERC20(tokenIn).safeTransfer(address(first), size);
        if (route.length == 1) {
            _sell(first, tokenIn, address(this));
        } else {
            _sell(first, tokenIn, address(last));
            _sell(last, _other(last, tokenOut), address(this));
        }
        return IERC20(tokenOut).balanceOf(address(this)) - held;
    }

    /// Sells what was transferred to the pool.
    function _sell(IPool pool, address token, address to) private {
        if (token == pool._BASE_TOKEN_()) pool.sellBase(to);
        else pool.sellQuote(to);
    }

    /// The pool's token that is not this one; zero when neither is.
    function _other(IPool pool, address token) private view returns (address) {
        (address base, address quote) = (pool._BASE_TOKEN_(), pool._QUOTE_TOKEN_());
        if (token == base) return quote;
        return token == quote ? base : address(0);
    }

    // What the owner calls.

    /// Sets everything at once.
    function configure(Config calldata next) external onlyOwner whenPaused {
        _requireContract("observed", next.observed);
        _requireBetween("route", next.route.length, 1, 2, "must be one or two pools");
        _requireAmount("peg", next.peg);
        _requireBetween("thresholdBps", next.thresholdBps, 1, 5_000, "must be 1 to 5,000");
        _requireBetween("sustainBlocks", next.sustainBlocks, 1, 32, "must be 1 to 32");
        _requireBetween("minBlocks", next.minBlocks, 1, 1_000_000, "must be 1 to 1,000,000");
        _requireAmount("unitsPerBps", next.unitsPerBps);
        _requireAmount("maxStabilizationVolumePerBlock", next.maxStabilizationVolumePerBlock);
        _requireBetween("maxSlippageBps", next.maxSlippageBps, 1, 5_000, "must be 1 to 5,000");
        _requireAmount("maxGasPriceForStabilizer", next.maxGasPriceForStabilizer);

        (address base, address quote) = (next.observed._BASE_TOKEN_(), next.observed._QUOTE_TOKEN_());
        address end = base;
        for (uint256 i = 0; i < next.route.length; ++i) {
            _requireContract("route", next.route[i]);
            end = _other(next.route[i], end);
        }
        if (end != quote) revert InvalidConfig("route", next.route.length, "must lead from base to quote token");

        (_config, _base, _quote, _pegBlock) = (next, base, quote, block.number);
        emit Configured(next);
    }

    /// Moves the peg a little. A price that is off only since then is not off for long
    /// enough: the count begins again.
    function setPeg(uint256 peg) external onlyOwner {
        uint256 old = _config.peg;
        uint256 step = old * MAX_PEG_STEP_BPS / BPS;
        _requireBetween("peg", peg, old - step, old + step, "must be within 100 bps of what it was");
        (_config.peg, _pegBlock) = (peg, block.number);
        emit PegMoved(old, peg);
    }

    function setKeeper(address account, bool allowed) external onlyOwner {
        isKeeper[account] = allowed;
        emit KeeperSet(account, allowed);
    }

    function withdraw(IERC20 token, address to, uint256 amount) external onlyOwner {
        token.safeTransfer(to, amount);
        emit Withdrawn(address(token), to, amount);
    }

    /// A keeper may stop the contract as well; only the owner starts it.
    function pause() external {
        if (msg.sender != owner()) _requireKeeper();
        _pause();
    }

    function unpause() external onlyOwner {
        if (_config.peg == 0) revert InvalidConfig("peg", 0, "must be configured");
        _unpause();
    }

    /// Refused: without an owner nobody could take the inventory out.
    function renounceOwnership() public view override onlyOwner {
        revert OwnableInvalidOwner(address(0));
    }

    function config() external view override returns (Config memory) {
        return _config;
    }

    function _requireContract(string memory field, IPool pool) private view {
        if (address(pool).code.length == 0) revert InvalidConfig(field, uint160(address(pool)), "must be a contract");
    }

    /// Small enough to be multiplied with any other.
    function _requireAmount(string memory field, uint256 value) private pure {
        _requireBetween(field, value, 1, type(uint128).max, "must be 1 to 2^128 - 1");
    }

    function _requireBetween(string memory field, uint256 value, uint256 least, uint256 most, string memory rule)
        private
        pure
    {
        if (value < least || value > most) revert InvalidConfig(field, value, rule);
    }
}
