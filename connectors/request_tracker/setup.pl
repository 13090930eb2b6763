
use strict;
use warnings;
our @Initial;

package CareSync::Setup;

my $MARK   = $wanted->{mark};
my $CODE   = "# $MARK\n";
my $system = RT->SystemUser;
my @told;

# All of it or nothing: rt-setup-database tells what failed, and ends with an error.
@Initial = ( sub {
    $RT::Handle->BeginTransaction;
    if ( !eval { $wanted->{remove} ? take_back() : make(); 1 } ) {
        my $why = $@;
        $RT::Handle->Rollback;
        die $why;
    }
    $RT::Handle->Commit;
    print "CareSync: $_\n" for @told ? @told : 'nothing was left to do';
} );

sub make {
    my @queues  = map { queue($_) } @{ $wanted->{queues} };
    my $catalog = catalog();
    my %places  = ( queue => [ @queues ? @queues : RT::Queue->new($system) ], catalog => [$catalog] );
    for my $field ( @{ $wanted->{fields} } ) {
        apply( $field, $_ ) for @{ $places{ $field->{of} } };
    }
    group( { queue => [ @queues ? @queues : RT->System ], site => [ RT->System ] } );
    scrip( $_, @queues ) for @{ $wanted->{scrips} };
    condition($_) for @{ $wanted->{conditions} };
    search($_)    for @{ $wanted->{searches} };
    push @told, '$CareSyncWebhookSecret is not in the configuration: until it is, no change is told'
        if @{ $wanted->{scrips} } && !RT->Config->Get('CareSyncWebhookSecret');
}

sub take_back {
    for my $description ( map { $_->{description} } @{ $wanted->{scrips} } ) {
        for my $scrip ( grep { is_ours( $_->CustomCommitCode ) } scrips($description) ) {
            must( "scrip $description", $scrip->Delete );
            push @told, qq(took the scrip "$description" away);
        }
    }
    for my $condition ( @{ $wanted->{conditions} } ) {
        for my $scrip ( grep { is_ours( $_->CustomIsApplicableCode ) } scrips( $condition->{description} ) ) {
            must( "scrip $condition->{description}", $scrip->SetScripCondition( $condition->{instead_of} ) );
            must( "scrip $condition->{description}", $scrip->SetCustomIsApplicableCode('') );
            push @told, qq(gave the scrip "$condition->{description}" its own condition back);
        }
    }
    for my $search ( @{ $wanted->{searches} } ) {
        for my $found ( grep { is_our_search($_) } RT->System->Attributes->Named( $search->{name} ) ) {
            must( $search->{name}, $found->Delete );
            push @told, qq(took "$search->{name}" away);
        }
    }
    for my $field ( @{ $wanted->{fields} } ) {
        for my $found ( grep { !$_->Disabled && is_ours_by_description($_) } fields($field) ) {
            must( $field->{name}, $found->SetDisabled(1) );
            push @told, qq(switched the custom field "$field->{name}" off; what stands in it is kept);
        }
    }
    my $catalog = RT::Catalog->new($system);
    $catalog->Load( $wanted->{catalog} );
    if ( $catalog->id && !$catalog->Disabled && is_ours_by_description($catalog) ) {
        my $assets = RT::Assets->new($system);
        $assets->Limit( FIELD => 'Catalog', VALUE => $catalog->id );
        if ( $assets->Count ) {
            push @told, qq(left the catalog "$wanted->{catalog}", which holds assets);
        }
        else {
            must( "catalog $wanted->{catalog}", $catalog->SetDisabled(1) );
            push @told, qq(switched the catalog "$wanted->{catalog}" off);
        }
    }
    my $group = RT::Group->new($system);
    $group->LoadUserDefinedGroup( $wanted->{group} );
    if ( $group->id && !$group->Disabled && is_ours_by_description($group) ) {
        my $rights = RT::ACL->new($system);
        $rights->LimitToPrincipal( Id => $group->PrincipalId );
        must( "right of the group $wanted->{group}", $_->Delete ) for @{ $rights->ItemsArrayRef };
        must( "group $wanted->{group}", $group->SetDescription($MARK) );
        must( "group $wanted->{group}", $group->SetDisabled(1) );
        push @told, qq(took the rights of the group "$wanted->{group}" away and switched it off);
    }
}

# ---- queues, the catalog of customers, and custom fields -----------------------------------------------

sub queue {
    my ($name) = @_;
    my $queue = RT::Queue->new($system);
    $queue->Load($name);
    die qq(There is no queue "$name": make it, or mend helpdesk.queues.\n) if !$queue->id || $queue->Disabled;
    return $queue;
}

sub catalog {
    my $catalog = RT::Catalog->new($system);
    $catalog->Load( $wanted->{catalog} );
    if ( !$catalog->id ) {
        my %given = ( Name => $wanted->{catalog}, Description => $MARK, Lifecycle => 'assets' );
        must( "catalog $wanted->{catalog}", $catalog->Create(%given) );
        push @told, qq(made the catalog "$wanted->{catalog}");
    }
    elsif ( $catalog->Disabled ) {
        die qq(The catalog "$wanted->{catalog}" is switched off: switch it on, or name another.\n)
            unless is_ours_by_description($catalog);
        must( "catalog $wanted->{catalog}", $catalog->SetDisabled(0) );
        push @told, qq(switched the catalog "$wanted->{catalog}" on);
    }
    return $catalog;
}

# The field that the place has; else ours; else one that people made and applied elsewhere; else a new one.
sub apply {
    my ( $wanted_field, $place ) = @_;
    my $name = $wanted_field->{name};
    my @all  = fields($wanted_field);
    my @on   = grep { !$_->Disabled } @all;
    my ($field) = grep { $_->IsGlobal || ( $place->id && $_->IsAdded( $place->id ) ) } @on;
    ($field) = grep { is_ours_by_description($_) } @all unless $field;
    $field //= $on[0];
    if ( !$field ) {
        $field = RT::CustomField->new($system);
        must( "custom field $name", $field->Create( %{ $wanted_field->{create} }, Name => $name, Description => $MARK ) );
        push @told, qq(made the custom field "$name");
    }
    die qq(The custom field "$name" is called "@{[ $field->Name ]}" here: write it so in the settings.\n)
        if $field->Name ne $name;
    my $kind = $field->Type . ( $field->MaxValues == 1 ? '' : ' (several values)' );
    die qq(There is a custom field "$name" of type $kind, which cannot hold it: rename it, or name another.\n)
        unless grep { $_ eq $kind } @{ $wanted_field->{alike} };
    if ( $field->Disabled ) {
        must( "custom field $name", $field->SetDisabled(0) );
        push @told, qq(switched the custom field "$name" on);
    }
    if ( !$field->IsGlobal && !( $place->id && $field->IsAdded( $place->id ) ) ) {
        must( "custom field $name", $field->AddToObject($place) );
        push @told, qq(applied the custom field "$name" to ) . ( $place->id ? $place->Name : 'every queue' );
    }
    return if $field->Type ne 'Select';
    my %said = map { ( word($_->Name) => 1 ) } @{ $field->Values->ItemsArrayRef };
    my $at   = keys %said;
    for my $option ( @{ $wanted_field->{options} } ) {
        next if grep { $said{$_} } @{ $option->{said_by} };
        must( "$name: $option->{Name}",
            $field->AddValue( Name => $option->{Name}, Description => $option->{Description}, SortOrder => ++$at ) );
        push @told, qq(gave the custom field "$name" the value $option->{Name});
    }
}

# Those of the name, those that are written alike first.
sub fields {
    my ($wanted_field) = @_;
    my $found = RT::CustomFields->new($system);
    $found->FindAllRows;
    $found->Limit( FIELD => 'Name', VALUE => $wanted_field->{name}, CASESENSITIVE => 0 );
    $found->Limit( FIELD => 'LookupType', VALUE => $wanted_field->{create}{LookupType} );
    $found->OrderBy( FIELD => 'id' );
    my $name = $wanted_field->{name};
    return sort { ( $a->Name ne $name ) <=> ( $b->Name ne $name ) } @{ $found->ItemsArrayRef };
}

sub word { my ($text) = @_; $text =~ s/^\s+|\s+$//g; $text =~ tr/ -/__/; return lc $text }

# ---- who may do what -----------------------------------------------------------------------------------

sub group {
    my ($objects) = @_;
    my $name  = $wanted->{group};
    my $group = RT::Group->new($system);
    $group->LoadUserDefinedGroup($name);
    if ( !$group->id ) {
        must( "group $name", $group->CreateUserDefinedGroup( Name => $name, Description => $MARK ) );
        push @told, qq(made the group "$name");
    }
    die qq(There is a group "$name" that CareSync did not make: rename it.\n) unless is_ours_by_description($group);
    if ( $group->Disabled ) {
        must( "group $name", $group->SetDisabled(0) );
        push @told, qq(switched the group "$name" on);
    }
    my $user = RT::User->new($system);
    $user->Load( $wanted->{user} );
    die "There is no user number $wanted->{user}, whose token the settings have.\n" if !$user->id || $user->Disabled;
    if ( !$group->HasMember( $user->PrincipalId ) ) {
        must( 'member ' . $user->Name, $group->AddMember( $user->PrincipalId ) );
        push @told, 'let the user "' . $user->Name . qq(" join the group "$name");
    }
    if ( !$user->Timezone ) {
        must( 'time zone', $user->SetTimezone('UTC') );
        push @told, 'set the time zone of the user "' . $user->Name . '" to UTC';
    }
    for my $right ( @{ $wanted->{rights} } ) {
        for my $object ( $right->{on} eq 'group' ? $group : @{ $objects->{ $right->{on} } } ) {
            my %given = ( Right => $right->{name}, Object => $object );
            next if $group->PrincipalObj->HasRight(%given);
            must( "right $right->{name}", $group->PrincipalObj->GrantRight(%given) );
            push @told, "granted $right->{name}";
        }
    }
    my $description = "$MARK $wanted->{receipt}";
    must( "group $name", $group->SetDescription($description) ) if $group->Description ne $description;
}

# ---- scrips and searches -------------------------------------------------------------------------------

sub scrip {
    my ( $wanted_scrip, @queues ) = @_;
    my $description = $wanted_scrip->{description};
    my ( $scrip, @more ) = scrips($description);
    die qq(There is a scrip "$description" that CareSync did not make: rename it.\n)
        if @more || ( $scrip && !is_ours( $scrip->CustomCommitCode ) );
    my $code = $CODE . $wanted_scrip->{code};
    if ( !$scrip ) {
        $scrip = RT::Scrip->new($system);
        my %given = (
            Description      => $description,     ScripCondition    => 'On Transaction',
            ScripAction      => 'User Defined',   Template          => 'Blank',
            Stage            => 'TransactionBatch', CustomPrepareCode => 'return 1;',
            CustomCommitCode => $code,            Queue             => @queues ? $queues[0]->id : 0,
        );
        must( "scrip $description", $scrip->Create(%given) );
        push @told, qq(made the scrip "$description");
    }
    if ( lines( $scrip->CustomCommitCode ) ne $code ) {
        must( "scrip $description", $scrip->SetCustomCommitCode($code) );
        push @told, qq(wrote the code of the scrip "$description" anew);
    }
    if ( $scrip->Disabled ) {
        must( "scrip $description", $scrip->SetDisabled(0) );
        push @told, qq(switched the scrip "$description" on);
    }
    my %needed = map { ( $_ => 1 ) } @queues ? map { $_->id } @queues : 0;
    my $there  = RT::ObjectScrips->new($system);
    $there->LimitToScrip( $scrip->id );
    my %has = map { ( $_->ObjectId => 1 ) } @{ $there->ItemsArrayRef };
    for my $id ( grep { !$needed{$_} } sort keys %has ) {
        must( "scrip $description", $scrip->RemoveFromObject($id) );
        push @told, qq(took the scrip "$description" away from queue number $id);
    }
    for my $id ( grep { !$has{$_} } sort keys %needed ) {
        must( "scrip $description", $scrip->AddToObject( ObjectId => $id, Stage => 'TransactionBatch' ) );
        push @told, qq(applied the scrip "$description" to queue number $id);
    }
}

# A scrip that every site has gets another condition; one that people changed is left to them.
sub condition {
    my ($wanted_condition) = @_;
    my $description = $wanted_condition->{description};
    my $code        = $CODE . $wanted_condition->{code};
    for my $scrip ( scrips($description) ) {
        if ( $scrip->ConditionObj->Name eq $wanted_condition->{instead_of} ) {
            must( "scrip $description", $scrip->SetScripCondition('User Defined') );
        }
        elsif ( !is_ours( $scrip->CustomIsApplicableCode ) ) {
            push @told, qq(left the scrip "$description", whose condition people chose: replies of CareSync may open tickets);
            next;
        }
        next if lines( $scrip->CustomIsApplicableCode ) eq $code;
        must( "scrip $description", $scrip->SetCustomIsApplicableCode($code) );
        push @told, qq(gave the scrip "$description" a condition);
    }
}

sub scrips {
    my ($description) = @_;
    my $found = RT::Scrips->new($system);
    $found->FindAllRows;
    $found->Limit( FIELD => 'Description', VALUE => $description );
    return @{ $found->ItemsArrayRef };
}

sub search {
    my ($wanted_search) = @_;
    my $name = $wanted_search->{name};
    my ($found) = RT->System->Attributes->Named($name);
    die qq(There is a saved search "$name" that CareSync did not make: rename it.\n) if $found && !is_our_search($found);
    return if $found && $found->Content->{Query} eq $wanted_search->{content}{Query};
    my %given = ( Name => $name, Description => $wanted_search->{title}, Content => $wanted_search->{content} );
    must( $name, RT->System->SetAttribute(%given) );
    push @told, qq(made "$name");
}

# ---- what is ours --------------------------------------------------------------------------------------

sub is_ours { my ($code) = @_; return index( lines($code), $CODE ) == 0 }

# Code that was saved in a browser has other ends of lines.
sub lines { my ($code) = @_; $code //= ''; $code =~ s/\r\n/\n/g; return $code }

sub is_ours_by_description { my ($thing) = @_; return index( $thing->Description // '', $MARK ) == 0 }

sub is_our_search {
    my ($attribute) = @_;
    my $content = $attribute->Content;
    return ref $content eq 'HASH' && ( $content->{CareSync} // '' ) eq $MARK;
}

sub must {
    my ( $what, $done, $message ) = @_;
    die "$what: " . ( $message // 'was refused' ) . "\n" unless $done;
}

1;
