// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IPool} from "./IPool.sol";
import {PrivateOpener, PublicOpener} from "./Opener.sol";
import {PoolConfig} from "./Pool.sol";
import {PublicPool} from "./PublicPool.sol";

/// Opens pools, and trades with the public ones for users: Vault plan section 4. A pair of
/// tokens has one public pool here, which the owner chose. The factory holds no tokens
/// between calls and has no power over a pool once it is open.
contract Factory is Ownable2Step {
    using SafeERC20 for IERC20;

    /// The trader of a public pool is address 0.
    event PoolCreated(address indexed base, address indexed quote, address indexed trader, address pool);

    error PoolExists(address pool);
    error NoPool(address tokenIn, address tokenOut);
    error OutputTooLow(uint256 out, uint256 minOut);
    error Expired(uint256 deadline);

    address public immutable maintainer;
    uint256 public immutable mtFeeRate;
    PublicOpener private immutable _publicOpener;
    PrivateOpener private immutable _privateOpener;

    /// The public pool of two tokens, in either order; 0 if there is none.
    mapping(address => mapping(address => address)) public poolOf;

    /// The maintainer receives mtFeeRate, a share times 1e18, of what each sale gives.
    constructor(
        address owner,
        address maintainer_,
        uint256 mtFeeRate_,
        PublicOpener publicOpener,
        PrivateOpener privateOpener
    ) Ownable(owner) {
        (maintainer, mtFeeRate) = (maintainer_, mtFeeRate_);
        (_publicOpener, _privateOpener) = (publicOpener, privateOpener);
    }

    /// Opens an empty public pool. Its price begins at initialPrice, with slope k.
    function createPool(
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 initialPrice,
        uint256 k,
        bool isOpenTWAP
    ) external onlyOwner returns (address pool) {
        pool = poolOf[baseToken][quoteToken];
        if (pool != address(0)) revert PoolExists(pool);
        PoolConfig memory c =
            PoolConfig(baseToken, quoteToken, maintainer, mtFeeRate, lpFeeRate, initialPrice, k, isOpenTWAP);
        pool = _publicOpener.open(c);
        poolOf[baseToken][quoteToken] = pool;
        poolOf[quoteToken][baseToken] = pool;
        emit PoolCreated(baseToken, quoteToken, address(0), pool);
    }

    /// Opens an empty private pool, owned by the caller, with which only the trader may trade.
    function createPrivatePool(
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 initialPrice,
        uint256 k,
        bool isOpenTWAP,
        address trader
    ) external onlyOwner returns (address pool) {
        PoolConfig memory c =
            PoolConfig(baseToken, quoteToken, maintainer, mtFeeRate, lpFeeRate, initialPrice, k, isOpenTWAP);
        pool = _privateOpener.open(c, msg.sender, trader);
        emit PoolCreated(baseToken, quoteToken, trader, pool);
    }

    /// What executeSwap would give, now.
    function getQuote(address tokenIn, address tokenOut, uint256 amountIn) external view returns (uint256 amountOut) {
        IPool pool = _pool(tokenIn, tokenOut);
        if (tokenIn == pool._BASE_TOKEN_()) (amountOut,,,) = pool.querySellBase(msg.sender, amountIn);
        else (amountOut,,,) = pool.querySellQuote(msg.sender, amountIn);
    }

    /// Sells amountIn of the caller's tokens, which it has approved, in the public pool. Reverts
    /// if that gives less than minOut, or after the deadline (Unix seconds).
    function executeSwap(address tokenIn, address tokenOut, uint256 amountIn, uint256 minOut, uint256 deadline)
        external
        returns (uint256 amountOut)
    {
        if (block.timestamp > deadline) revert Expired(deadline);
        IPool pool = _pool(tokenIn, tokenOut);
        IERC20(tokenIn).safeTransferFrom(msg.sender, address(pool), amountIn);
        amountOut = tokenIn == pool._BASE_TOKEN_() ? pool.sellBase(msg.sender) : pool.sellQuote(msg.sender);
        if (amountOut < minOut) revert OutputTooLow(amountOut, minOut);
    }

    /// Deposits the caller's tokens, which it has approved, in the public pool, for shares of
    /// it. What is beyond the pool's ratio is a gift to all providers: minShares guards against
    /// a ratio that has moved.
    function addLiquidity(
        address baseToken,
        address quoteToken,
        uint256 baseAmount,
        uint256 quoteAmount,
        uint256 minShares,
        uint256 deadline
    ) external returns (uint256 shares) {
        if (block.timestamp > deadline) revert Expired(deadline);
        address pool = address(_pool(baseToken, quoteToken));
        IERC20(baseToken).safeTransferFrom(msg.sender, pool, baseAmount);
        IERC20(quoteToken).safeTransferFrom(msg.sender, pool, quoteAmount);
        (shares,,) = PublicPool(pool).buyShares(msg.sender);
        if (shares < minShares) revert OutputTooLow(shares, minShares);
    }

    function _pool(address tokenIn, address tokenOut) private view returns (IPool) {
        address pool = poolOf[tokenIn][tokenOut];
        if (pool == address(0)) revert NoPool(tokenIn, tokenOut);
        return IPool(pool);
    }
}
