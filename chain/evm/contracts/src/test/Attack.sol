// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPool} from "../IPool.sol";

/// Somebody with tokens who does any number of things in one transaction.
contract Attacker {
    struct Call {
        address to;
        bytes data;
    }

    /// What became of a call.
    event Tried(bool ok, bytes answer);

    uint256 private received; // from the last sale

    /// Makes one call after the other, whether or not they succeed.
    function run(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok, bytes memory answer) = calls[i].to.call(calls[i].data);
            emit Tried(ok, answer);
        }
    }

    /// Sells an amount of the pool's base token, or of its quote token.
    function push(IPool pool, bool sellBase, uint256 amount) public {
        IERC20(sellBase ? pool._BASE_TOKEN_() : pool._QUOTE_TOKEN_()).transfer(address(pool), amount);
        received = sellBase ? pool.sellBase(address(this)) : pool.sellQuote(address(this));
    }

    /// Sells back what the last sale of the other token gave.
    function restore(IPool pool, bool sellBase) external {
        push(pool, sellBase, received);
    }
}

/// A token that calls somebody whenever it moves, as ERC-777 did.
contract AttackToken is ERC20 {
    event Tried(bool ok, bytes answer);

    address private target;
    bytes private data;

    constructor() ERC20("Attack", "ATK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0)) return;
        (bool ok, bytes memory answer) = target.call(data);
        emit Tried(ok, answer);
    }
}
