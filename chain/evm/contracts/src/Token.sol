// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A token whose owner mints it, such as cUSDT or XAU of the Vault plan, section 3.
contract Token is ERC20, Ownable2Step {
    uint8 private immutable _decimals;

    constructor(string memory name, string memory symbol, uint8 decimals_, address owner)
        ERC20(name, symbol)
        Ownable(owner)
    {
        _decimals = decimals_;
    }

    /// How many of the token's digits stand after the point.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// Makes tokens, in the smallest unit. An owner that is a bridge or a vault keeps them
    /// covered; nothing here does.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// Destroys the caller's own.
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }
}
