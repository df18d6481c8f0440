// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {PMM} from "./PMM.sol";
import {Pool, PoolConfig} from "./Pool.sol";

/// A pool of one owner, with whom one account trades: a leg of the stabilization mesh, Vault
/// plan section 5, and its stabilizer. It is a DPP of DODO contractV2 c58c067 without loans.
/// It has no shares: what is in it is the owner's, who takes it out by reset.
contract PrivatePool is Pool, Ownable2Step {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    event Reset(uint256 lpFeeRate, uint256 i, uint256 k, uint256 baseOut, uint256 quoteOut);

    error BadTrader();
    error NotAdmitted(address who);
    error ReserveNotEnough(uint256 base, uint256 quote);

    /// The only account that may sell here.
    address public immutable _TRADER_;

    constructor(PoolConfig memory c, address owner, address trader) Pool(c) Ownable(owner) {
        if (trader == address(0)) revert BadTrader();
        _TRADER_ = trader;
    }

    /// Gives the pool new parameters and pays out; what is in it then, with what was transferred
    /// before the call, becomes its targets, at R = One. The first deposit is made by it as well.
    /// Reverts if a reserve is below its minimum before: a trade came in between.
    function reset(
        address assetTo,
        uint256 newLpFeeRate,
        uint256 newI,
        uint256 newK,
        uint256 baseOut,
        uint256 quoteOut,
        uint256 minBaseReserve,
        uint256 minQuoteReserve
    ) external onlyOwner nonReentrant {
        if (_BASE_RESERVE_ < minBaseReserve || _QUOTE_RESERVE_ < minQuoteReserve) {
            revert ReserveNotEnough(_BASE_RESERVE_, _QUOTE_RESERVE_);
        }
        IERC20(_BASE_TOKEN_).safeTransfer(assetTo, baseOut);
        IERC20(_QUOTE_TOKEN_).safeTransfer(assetTo, quoteOut);
        _setParameters(newLpFeeRate, _MT_FEE_RATE_, newI, newK);
        _RState_ = PMM.RState.ONE;
        _BASE_TARGET_ = _balance(_BASE_TOKEN_).toUint112();
        _QUOTE_TARGET_ = _balance(_QUOTE_TOKEN_).toUint112();
        _count();
        emit Reset(newLpFeeRate, newI, newK, baseOut, quoteOut);
    }

    /// Counts what was transferred outside any sale and moves the targets in proportion. Unlike
    /// DODO's it is the owner's alone: strangers have no say here.
    function ratioSync() external onlyOwner nonReentrant {
        uint256 base = _balance(_BASE_TOKEN_);
        uint256 quote = _balance(_QUOTE_TOKEN_);
        if (base != _BASE_RESERVE_) _BASE_TARGET_ = (_BASE_TARGET_ * base / _BASE_RESERVE_).toUint112();
        if (quote != _QUOTE_RESERVE_) _QUOTE_TARGET_ = (_QUOTE_TARGET_ * quote / _QUOTE_RESERVE_).toUint112();
        _count();
    }

    /// Refused: without an owner nobody could take out what is in the pool.
    function renounceOwnership() public view override onlyOwner {
        revert OwnableInvalidOwner(address(0));
    }

    function _admit() internal view override {
        if (msg.sender != _TRADER_) revert NotAdmitted(msg.sender);
    }
}
