<?php

declare(strict_types=1);

namespace App;

final class Greeting
{
    public function __toString(): string
    {
        return 'Hello from Slipway, says PHP ' . PHP_MAJOR_VERSION . '. 2¹²⁸ is ' . bcpow('2', '128') . ".\n";
    }
}
